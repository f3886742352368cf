/**
 * What both peers share: the schema, REST over a pool of connections, and its shapes as the schema's. They differ in how
 * resolvers come to a field's definition. A request that REST refuses is an error of the field that asked.
 */
import { readFileSync } from 'node:fs';
import { Pool } from 'undici';

export const typeDefs = readFileSync(new URL('reads.graphql', import.meta.url), 'utf8');

const { HELPDESK_URL = '', HELPDESK_API_KEY = '', HELPDESK_WORKSPACE_ID = '' } = process.env;
const { origin, pathname } = new URL(HELPDESK_URL);
// As many as its clients: more only wait elsewhere.
const pool = new Pool(origin, { pipelining: 1, connections: 256 });
const headers = { authorization: `Bearer ${HELPDESK_API_KEY}`, 'x-workspace-id': HELPDESK_WORKSPACE_ID };

async function get(path) {
  const { statusCode, body } = await pool.request({ method: 'GET', path: pathname + path, headers });
  if (statusCode !== 200) {
    await body.dump();
    throw new Error(`REST answered ${statusCode}`);
  }
  return body.json();
}

const globalId = (type, id) => Buffer.from(`HELPDESK:${type}:${id}`).toString('base64url');

const toTicket = (row) => ({
  id: globalId('Ticket', row.id),
  localId: row.id,
  subject: row.subject,
  status: row.status.toUpperCase(),
  priority: row.priority && row.priority.toUpperCase(),
  requester: { email: row.requesterEmail, name: row.requesterName },
  tags: row.tags,
  createdAt: row.createdAt,
  updatedAt: row.updatedAt,
  customFields: row.customFields.map(({ id, value }) => ({
    fieldId: globalId('TicketField', id),
    localFieldId: id,
    raw: value,
  })),
});

/** @param {string} id the backend's own */
export async function readTicket(id) {
  const { ticket } = await get(`/tickets/${id}`);
  return toTicket(ticket);
}

/** @param {{ first: number, filter?: object, orderBy?: object }} args of `tickets`; of each member of the filter one value */
export async function readTickets({ first, filter, orderBy }) {
  const query = new URLSearchParams({ page_size: first });
  for (const name of ['status', 'priority']) {
    const [value] = filter?.[name] ?? [];
    if (value) query.set(name, value.toLowerCase());
  }
  if (orderBy) {
    query.set('sort_by', orderBy.field.toLowerCase());
    query.set('sort_order', orderBy.direction.toLowerCase());
  }
  const { tickets, meta } = await get(`/tickets?${query}`);
  return { nodes: tickets.map(toTicket), pageInfo: { hasNextPage: meta.hasMore } };
}

/** @param {string} id the backend's own */
export async function readTicketField(id) {
  const { ticketField } = await get(`/ticket_fields/${id}`);
  return {
    id: globalId('TicketField', id),
    key: ticketField.fieldKey,
    title: ticketField.title,
    type: ticketField.type.toUpperCase(),
  };
}
