import type { Priority, Status, TicketFieldRow, TicketRow } from '../../../src/sandbox/rows.ts';

/** Which tickets a list shows, as both APIs can tell. */
export interface View {
  readonly status?: Status;
  readonly priority?: Priority;
  /** @default the newest first */
  readonly by?: 'updated_at';
}

/** What clients ask for. Eight fields of each ticket; of a list with definitions its custom fields too. */
export type Operation =
  | { readonly kind: 'TICKET'; readonly id: string }
  | { readonly kind: 'LIST'; readonly rows: number; readonly view: View; readonly definitions: boolean };

const eightFields = 'id subject status priority tags requester { name email } createdAt updatedAt';
const custom = 'customFields { fieldId raw field { id key title type } }';
const list = (name: string, fields: string): string =>
  `query ${name}($first: Int!, $filter: TicketFilter, $orderBy: TicketOrder) {
  tickets(first: $first, filter: $filter, orderBy: $orderBy) { nodes { ${fields} } pageInfo { hasNextPage } }
}`;
const documents = {
  ticket: `query Ticket($id: ID!) { ticket(id: $id) { ${eightFields} } }`,
  list: list('List', eightFields),
  definitions: list('ListWithFields', `${eightFields} ${custom}`),
};

/** As a client of GraphQL sends it. */
export interface GraphqlRequest {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

export function graphqlOf(operation: Operation): GraphqlRequest {
  if (operation.kind === 'TICKET') return { query: documents.ticket, variables: { id: operation.id } };
  const { rows, view, definitions } = operation;
  const { status, priority, by } = view;
  return {
    query: definitions ? documents.definitions : documents.list,
    variables: {
      first: rows,
      filter: {
        ...(status !== undefined && { status: [status.toUpperCase()] }),
        ...(priority !== undefined && { priority: [priority.toUpperCase()] }),
      },
      orderBy: { field: by === undefined ? 'CREATED_AT' : 'UPDATED_AT', direction: 'DESC' },
    },
  };
}

/** The REST requests that answer it, as paths below the base URL: all there need be. */
export function restOf(operation: Operation): readonly string[] {
  if (operation.kind === 'TICKET') return [`/tickets/${operation.id}`];
  const { rows, view, definitions } = operation;
  const { status, priority, by = 'created_at' } = view;
  const query = new URLSearchParams({ page_size: String(rows), sort_by: by });
  if (status !== undefined) query.set('status', status);
  if (priority !== undefined) query.set('priority', priority);
  return [`/tickets?${query.toString()}`, ...(definitions ? ['/ticket_fields?page_size=100'] : [])];
}

/** What the helpdesk has. */
export interface Held {
  readonly tickets: readonly TicketRow[];
  readonly fields: readonly TicketFieldRow[];
}

const globalId = (type: string, id: string): string =>
  Buffer.from(`HELPDESK:${type}:${id}`).toString('base64url');

const nodeOf = (row: TicketRow): object => ({
  id: globalId('Ticket', row.id),
  subject: row.subject,
  status: row.status.toUpperCase(),
  priority: row.priority?.toUpperCase() ?? null,
  tags: row.tags,
  requester: { name: row.requesterName, email: row.requesterEmail },
  createdAt: row.createdAt,
  updatedAt: row.updatedAt,
});

function customFieldsOf(row: TicketRow, fields: readonly TicketFieldRow[]): object[] {
  return row.customFields.map(({ id, value }) => {
    const field = fields.find((each) => each.id === id);
    if (!field) throw new Error(`the helpdesk has no field ${id}`);
    const { fieldKey: key, title, type } = field;
    const fieldId = globalId('TicketField', id);
    return { fieldId, raw: value, field: { id: fieldId, key, title, type: type.toUpperCase() } };
  });
}

/** The latest first; those of one moment by id, as the helpdesk has it. */
const latest =
  (momentOf: (row: TicketRow) => string) =>
  (a: TicketRow, b: TicketRow): number => {
    const [left, right] = [momentOf(a) + a.id, momentOf(b) + b.id];
    return left < right ? 1 : left > right ? -1 : 0;
  };

/** The rows that an operation is about, in order, and whether more follow. */
export function rowsOf(
  operation: Operation,
  { tickets }: Pick<Held, 'tickets'>,
): { readonly rows: readonly TicketRow[]; readonly more: boolean } {
  if (operation.kind === 'TICKET')
    return { rows: tickets.filter(({ id }) => id === operation.id), more: false };
  const { status, priority, by } = operation.view;
  const all = tickets
    .filter(
      (row) =>
        (status === undefined || row.status === status) &&
        (priority === undefined || row.priority === priority),
    )
    .toSorted(latest(by === undefined ? ({ createdAt }) => createdAt : ({ updatedAt }) => updatedAt));
  return { rows: all.slice(0, operation.rows), more: all.length > operation.rows };
}

/** The `data` of its right answer, told from what the helpdesk has. */
export function answerTo(operation: Operation, held: Held): unknown {
  const { rows, more } = rowsOf(operation, held);
  if (operation.kind === 'TICKET') return { ticket: rows[0] ? nodeOf(rows[0]) : null };
  const nodes = rows.map((row) => ({
    ...nodeOf(row),
    ...(operation.definitions && { customFields: customFieldsOf(row, held.fields) }),
  }));
  return { tickets: { nodes, pageInfo: { hasNextPage: more } } };
}
