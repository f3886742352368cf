import type { Clock } from '../domain/clock.ts';
import type { Random } from './random.ts';
import type { TicketRow, TicketValues } from './rows.ts';
import { customFieldValues } from './seed-fields.ts';
import { writeIn } from './seed-tickets.ts';
import { isSystem } from './ticket-fields.ts';
import type { Workspace } from './workspace.ts';

/** How many of the newest tickets the agents look after. */
const desk = 60;

/** People at work in a workspace. */
export interface AgentsAtWork {
  readonly working: boolean;
  start(everyMs: number): void;
  stop(): void;
  /** One change now. */
  step(silent: boolean): TicketRow;
}

/** What comes next in a ticket's life; null: nothing is left to do. */
function nextChange(ticket: TicketRow, workspace: Workspace, random: Random): TicketValues | null {
  switch (ticket.status) {
    case 'new':
      return { status: 'open', assigneeId: random.pick(workspace.agents).id };
    case 'open':
      return random.pick<TicketValues>([
        { status: 'pending' },
        { status: 'resolved' },
        { priority: ticket.priority === 'urgent' ? 'high' : 'urgent' },
        { assigneeId: random.pick(workspace.agents).id },
        { tags: [...new Set([...ticket.tags, random.pick(['escalated', 'follow-up', 'waiting'])])] },
      ]);
    case 'pending':
      return { status: random.pick(['open', 'resolved']) };
    case 'resolved':
      // The system's automations close what stayed resolved; now and then the customer is back first.
      return { status: random.pick(['closed', 'closed', 'open']) };
    case 'closed':
      return null;
  }
}

function newTicket({ fields, tickets }: Workspace, random: Random, now: number, silent: boolean): TicketRow {
  const inUse = fields.all().filter((field) => field.active && !isSystem(field));
  const customFields = customFieldValues(inUse, random, now).filter(({ value }) => value !== null);
  return tickets.create({ ...writeIn(random), customFields }, silent);
}

/** Mostly they move recent tickets along; about every fourth change is a new ticket, so that work never ends. */
export function createAgents(workspace: Workspace, clock: Clock, random: Random): AgentsAtWork {
  const step = (silent: boolean): TicketRow => {
    const { rows } = workspace.tickets.by('created_at').page({ after: null, descending: true, size: desk });
    const ticket = rows[random.below(rows.length)];
    const change = ticket && !random.chance(0.25) ? nextChange(ticket, workspace, random) : null;
    if (ticket && change) return workspace.tickets.update(ticket, change, silent);
    return newTicket(workspace, random, clock.now(), silent);
  };
  let cancel: (() => void) | null = null;
  const schedule = (everyMs: number): void => {
    cancel = clock.after(everyMs, () => {
      step(false);
      schedule(everyMs);
    });
  };
  const stop = (): void => {
    cancel?.();
    cancel = null;
  };
  return {
    get working() {
      return cancel !== null;
    },
    start: (everyMs) => {
      stop();
      schedule(everyMs);
    },
    stop,
    step,
  };
}
