import type { Random } from './random.ts';
import type { TicketFieldRow, TicketRow } from './rows.ts';
import { customFieldValues, customFields, systemFields } from './seed-fields.ts';
import { statusAtAge, writeIn } from './seed-tickets.ts';
import { isSystem } from './ticket-fields.ts';
import type { Workspace } from './workspace.ts';

const week = 7 * 86_400_000;
const span = 6 * week;

const iso = (time: number): string => new Date(Math.round(time)).toISOString();

function seedFields(workspace: Workspace, before: number): TicketFieldRow[] {
  const time = iso(before);
  workspace.fields.load(systemFields.map((field) => ({ ...field, createdAt: time, updatedAt: time })));
  const made = customFields.map((values) => workspace.fields.create(values));
  workspace.fields.load(made.map((field) => ({ ...field, createdAt: time, updatedAt: time })));
  return made.filter((field) => field.active && !isSystem(field));
}

/** When tickets were written: over six weeks before `until`, oldest first; now and then several at the same moment. */
function writtenAt(count: number, until: number, random: Random): number[] {
  const times: number[] = [];
  let last = until - span;
  for (let left = count; left > 0; left -= 1) {
    const sameMoment = times.length > 0 && random.chance(0.04);
    if (!sameMoment) last += (2 * random.next() * (until - last)) / (left + 1);
    times.push(last);
  }
  return times;
}

/**
 * Fills a workspace with believable data. The same random sequence gives the same data;
 * times are relative to `until` (milliseconds since the epoch).
 */
export function seed(
  workspace: Workspace,
  settings: {
    readonly random: Random;
    readonly until: number;
    readonly tickets: number;
    readonly customFieldsPerTicket: number;
  },
): void {
  const { random, until, tickets, customFieldsPerTicket } = settings;
  const fields = seedFields(workspace, until - span - week).slice(0, customFieldsPerTicket);
  const rows = writtenAt(tickets, until, random).map((at): Omit<TicketRow, 'id'> => {
    const status = statusAtAge((until - at) / span, random);
    const assigned = status !== 'new' && !random.chance(0.1);
    const { requesterEmail = null, requesterName = null, ...written } = writeIn(random);
    return {
      ...written,
      status,
      requesterEmail,
      requesterName,
      assigneeId: assigned ? random.pick(workspace.agents).id : null,
      customFields: customFieldValues(fields, random, until),
      createdAt: iso(at),
      updatedAt: iso(status === 'new' ? at : at + random.next() * (until - at) * 0.6),
    };
  });
  workspace.tickets.load(rows);
}
