import type { Page } from '../../../src/domain/page.ts';
import type { Ticket } from '../../../src/domain/ticket.ts';
import { createIntake } from '../../../src/events/intake/intake.ts';
import type { EventLog } from '../../../src/events/log/log.ts';
import { createMemoryLog } from '../../../src/events/log/memory-log.ts';
import { createReconcileStore } from '../../../src/events/sweep/reconcile-store.ts';
import { createSweeper, type SweepOptions } from '../../../src/events/sweep/sweep.ts';
import { createMemoryState } from '../../../src/state/memory-state.ts';
import type { StateStore } from '../../../src/state/state-store.ts';
import { createNoonClock, makeTicket } from '../../contract/event-fixtures.ts';
import type { VirtualClock } from '../../support/virtual-clock.ts';

export const workspaceId = 'ws_a';

/** Tickets as a backend lists them: the last updated first, pages by place. */
export function createTicketStock(clock: VirtualClock, pageSize = 3) {
  const tickets = new Map<string, Ticket>();
  const now = (): string => new Date(clock.now()).toISOString();
  const before = (a: Ticket, b: Ticket): boolean =>
    a.updatedAt === b.updatedAt ? a.id > b.id : a.updatedAt > b.updatedAt;
  const stock = {
    tickets,
    /** Pages that were asked for, by their cursor. */
    asked: [] as (string | null)[],
    /** Makes or changes a ticket now. */
    put: (id: string, changes: Partial<Ticket> = {}): Ticket => {
      const ticket = tickets.get(id) ?? makeTicket({ id, createdAt: now() });
      const changed = { ...ticket, updatedAt: now(), ...changes };
      tickets.set(id, changed);
      return changed;
    },
    page: (cursor: string | null): Page<Ticket> => {
      const sorted = [...tickets.values()].toSorted((a, b) => (before(a, b) ? -1 : 1));
      const place = cursor === null ? null : makeTicket(JSON.parse(cursor) as Partial<Ticket>);
      const rest = place === null ? sorted : sorted.filter((ticket) => before(place, ticket));
      const items = rest.slice(0, pageSize);
      const last = items.at(-1);
      return {
        items,
        nextCursor:
          last && rest.length > pageSize ? JSON.stringify({ id: last.id, updatedAt: last.updatedAt }) : null,
      };
    },
    list: async (cursor: string | null): Promise<Page<Ticket>> => {
      stock.asked.push(cursor);
      return stock.page(cursor);
    },
  };
  return stock;
}

export interface LoggedLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly fields: object;
  readonly message: string;
}

export function captureLines(lines: LoggedLine[]) {
  const to = (level: LoggedLine['level']) => (fields: object, message: string) => {
    lines.push({ level, fields, message });
  };
  return { debug: () => undefined, info: to('info'), warn: to('warn'), error: to('error') };
}

export interface HarnessOptions extends Omit<
  SweepOptions,
  'log' | 'intake' | 'reconciled' | 'clock' | 'logger'
> {
  readonly clock?: VirtualClock;
  /** A log that is there already, as after a restart. */
  readonly eventLog?: EventLog;
  readonly state?: StateStore;
}

/** A log, a sweep of it, and the backend it is compared with, all in memory and at noon. */
export function createSweepHarness(options: HarnessOptions = {}) {
  const {
    clock = createNoonClock(),
    eventLog = createMemoryLog({ clock }),
    state = createMemoryState({ clock }),
    ...sweep
  } = options;
  const lines: LoggedLine[] = [];
  const logger = captureLines(lines);
  const stock = createTicketStock(clock);
  const intake = createIntake({
    log: eventLog,
    clock,
    logger,
    readTicket: async (_workspaceId, id) => stock.tickets.get(id) ?? null,
  });
  const reconciled = createReconcileStore({ state, clock, logger });
  const common = { log: eventLog, intake, reconciled, clock, logger, ...sweep };
  const ending = new AbortController();
  const running: Promise<void>[] = [];
  return {
    clock,
    log: eventLog,
    state,
    intake,
    reconciled,
    stock,
    lines,
    /** What `createSweeps` wants. */
    common,
    /** Begins to sweep, as whoever has just got the lease. */
    begin: (list = stock.list) => {
      running.push(createSweeper({ ...common, workspaceId, list }).run(ending.signal));
    },
    events: async () =>
      (await eventLog.read(workspaceId, 0, 1_000)).map(({ record: { event } }) => ({
        type: event.type,
        source: event.source,
        ticketId: event.ticketId,
      })),
    [Symbol.asyncDispose]: async () => {
      ending.abort();
      await Promise.all(running);
      await intake.close();
      await eventLog.close();
    },
  };
}
