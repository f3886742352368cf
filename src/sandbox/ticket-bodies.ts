import { z } from 'zod';
import { json, read, text, unwrap } from './bodies.ts';
import { RestError, detail, refuseIfAny } from './errors.ts';
import type { Detail, Details } from './errors.ts';
import { faultOf } from './field-values.ts';
import { priorities, statuses, types } from './rows.ts';
import type { CustomFieldRow, TicketRow, TicketValues } from './rows.ts';
import { isSystem } from './ticket-fields.ts';
import type { TicketFieldStore } from './ticket-fields.ts';
import { mergeCustomFields } from './tickets.ts';

const attributes = z.object({
  subject: text(255).exactOptional(),
  status: z.enum(statuses).exactOptional(),
  priority: z.enum(priorities).exactOptional(),
  type: z.enum(types).exactOptional(),
  assigneeId: z.string().nullable().exactOptional(),
  requesterEmail: z.email().max(254).nullable().exactOptional(),
  requesterName: text(255).nullable().exactOptional(),
  tags: z.array(text(64)).max(100).exactOptional(),
});
const created = attributes.extend({ subject: text(255) });

const customFieldList = z.object({
  customFields: z.array(z.object({ id: z.string(), value: json })).exactOptional(),
});

/** What the checks of a ticket's body need to know of its workspace. */
export interface TicketSurroundings {
  readonly fields: TicketFieldStore;
  readonly assignees: ReadonlySet<string>;
  readonly onPut: 'merge' | 'replace';
}

/** @param current what the ticket carries; a value it has already is never refused, so that it can be written back */
function customFieldFaults(
  named: readonly CustomFieldRow[],
  current: readonly CustomFieldRow[],
  fields: TicketFieldStore,
): Details {
  const faults: Record<string, readonly Detail[]> = {};
  const kept = new Map(current.map(({ id, value }) => [id, JSON.stringify(value)]));
  const seen = new Set<string>();
  for (const { id, value } of named) {
    const key = `customFields.${id}`;
    const field = fields.get(id);
    if (seen.has(id)) faults[key] = [{ code: 'DUPLICATE', message: 'The field is named twice' }];
    else if (kept.get(id) === JSON.stringify(value)) continue;
    else if (!field || isSystem(field))
      faults[key] = [{ code: 'INVALID', message: 'There is no such custom field' }];
    else {
      const fault = faultOf(field, value);
      if (fault) faults[key] = [fault];
    }
    seen.add(id);
  }
  return faults;
}

/** Fills in defaults; what is required and has none must be named. */
function completed(named: readonly CustomFieldRow[], fields: TicketFieldStore): [CustomFieldRow[], Details] {
  const faults: Record<string, readonly Detail[]> = {};
  const defaults: CustomFieldRow[] = [];
  const ids = new Set(named.map(({ id }) => id));
  for (const field of fields.all()) {
    if (isSystem(field) || !field.active || ids.has(field.id)) continue;
    const value = field.defaultValue ?? null;
    if (value !== null) defaults.push({ id: field.id, value });
    else if (field.requiredForAgents) {
      faults[`customFields.${field.id}`] = [{ code: 'REQUIRED', message: `${field.title} is required` }];
    }
  }
  return [[...named, ...defaults], faults];
}

function assigneeFaults(assigneeId: string | null | undefined, assignees: ReadonlySet<string>): Details {
  if (assigneeId === undefined || assigneeId === null || assignees.has(assigneeId)) return {};
  return detail('assigneeId', 'INVALID', 'There is no such agent');
}

function refuseClosing(status: TicketValues['status']): void {
  if (status !== 'closed') return;
  const message = 'Only the system closes tickets';
  throw new RestError('CLOSED_STATUS_SYSTEM_ONLY', message, detail('status', 'INVALID', message));
}

/** The body of `POST /tickets`. Throws BAD_REQUEST, VALIDATION_ERROR or CLOSED_STATUS_SYSTEM_ONLY. */
export function readNewTicket(body: unknown, { fields, assignees }: TicketSurroundings): TicketValues {
  const ticket = unwrap(body, 'ticket');
  const values = read(created, ticket);
  const list = read(customFieldList, ticket);
  const named = list.data?.customFields ?? [];
  const [customFields, missing] = completed(named, fields);
  refuseIfAny({
    ...values.details,
    ...assigneeFaults(values.data?.assigneeId, assignees),
    ...list.details,
    ...customFieldFaults(named, [], fields),
    ...missing,
  });
  refuseClosing(values.data?.status);
  return { ...values.data, customFields };
}

/** The body of `PUT /tickets/:id`. Throws as `readNewTicket` does. */
export function readTicketChange(
  body: unknown,
  current: TicketRow,
  { fields, assignees, onPut }: TicketSurroundings,
): TicketValues {
  const ticket = unwrap(body, 'ticket');
  const values = read(attributes, ticket);
  const list = read(customFieldList, ticket);
  const named = list.data?.customFields;
  refuseIfAny({
    ...values.details,
    ...assigneeFaults(values.data?.assigneeId, assignees),
    ...list.details,
    ...customFieldFaults(named ?? [], current.customFields, fields),
  });
  refuseClosing(values.data?.status);
  if (!named) return { ...values.data };
  const customFields = onPut === 'merge' ? mergeCustomFields(current.customFields, named) : named;
  return { ...values.data, customFields };
}
