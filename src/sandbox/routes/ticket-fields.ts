import type { Buffer } from 'node:buffer';
import { enclose } from '../encoded.ts';
import { RestError, detail, notFound } from '../errors.ts';
import { oneOf, readListRequest, writeList } from '../lists.ts';
import type { TicketFieldRow } from '../rows.ts';
import { readFieldChange, readNewField } from '../ticket-field-bodies.ts';
import { fieldOrders, isSystem } from '../ticket-fields.ts';
import { created, noContent, ok } from './route.ts';
import type { Call, Reply, Routes } from './route.ts';

const wrap = (field: TicketFieldRow): Buffer => enclose('{"ticketField":', [field], '}');

/** Throws NOT_FOUND. */
export function fieldOf({ workspace, id }: Call): TicketFieldRow {
  const field = workspace.fields.get(id);
  if (!field) throw notFound('Ticket field');
  return field;
}

/** Throws NOT_FOUND or SYSTEM_FIELD. */
export function changeableFieldOf(call: Call): TicketFieldRow {
  const field = fieldOf(call);
  if (isSystem(field)) throw new RestError('SYSTEM_FIELD', 'System fields cannot be changed or deleted');
  return field;
}

function list({ workspace, settings, query, url }: Call): Reply {
  const sortBy = oneOf(query, 'sort_by', fieldOrders) ?? 'position';
  const direction = oneOf(query, 'sort_order', ['asc', 'desc']) ?? 'asc';
  const active = oneOf(query, 'active', ['true', 'false']);
  const order = `ticket_fields ${sortBy} ${direction}`;
  const { size, after } = readListRequest(query, settings.lists, order);
  const extra = settings.systemFields === 'extra';
  const isActive = (field: TicketFieldRow): boolean => active === null || String(field.active) === active;
  const index = workspace.fields.sorted(sortBy, direction === 'desc');
  const descending = direction === 'desc';
  let page = index.page({
    after,
    size,
    descending,
    matches: (field) => isActive(field) && !(extra && isSystem(field)),
  });
  if (extra && after === null) {
    const matches = (field: TicketFieldRow): boolean => isActive(field) && isSystem(field);
    const { rows } = index.page({ after: null, size: index.size, descending, matches });
    page = { ...page, rows: [...rows, ...page.rows] };
  }
  return ok(writeList({ name: 'ticketFields', url, query, order, size, page }, settings.lists));
}

export const ticketFields: Routes = {
  GET: { level: 'read', answer: list },
  POST: {
    level: 'admin',
    answer: ({ workspace, body }) => {
      const values = readNewField(body());
      if (workspace.fields.byKey(values.fieldKey)) {
        const message = 'Another field has the key already';
        throw new RestError('CONFLICT', message, detail('fieldKey', 'DUPLICATE', message));
      }
      return created(wrap(workspace.fields.create(values)));
    },
  },
};

export const ticketField: Routes = {
  GET: { level: 'read', answer: (call) => ok(wrap(fieldOf(call))) },
  PUT: {
    level: 'admin',
    answer: (call) => {
      const current = changeableFieldOf(call);
      return ok(wrap(call.workspace.fields.update(current, readFieldChange(call.body(), current))));
    },
  },
  DELETE: {
    level: 'admin',
    answer: (call) => {
      call.workspace.fields.delete(changeableFieldOf(call));
      return noContent;
    },
  },
};
