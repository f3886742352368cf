import type { Backend, BackendSession } from '../../../src/domain/backend.ts';
import type { TicketEvent } from '../../../src/domain/event.ts';
import { createMeter, type Operation } from '../../../src/domain/operation.ts';
import type { Ticket } from '../../../src/domain/ticket.ts';
import type { EventLog, LogNews } from '../../../src/events/log/log.ts';
import { createReads, type ReadsOptions } from '../../../src/reads/reads.ts';
import { createNoonClock, makeEvent, makeTicket } from '../../contract/event-fixtures.ts';
import { createMemoryLog } from '../../../src/events/log/memory-log.ts';

export const workspaceId = 'ws_a';
export type Tickets = BackendSession['tickets'];
export type ListQuery = Parameters<Tickets['list']>[0];

const never = () => Promise.reject(new Error('not asked for'));
const locked = { list: never, get: never, create: never, update: never, delete: never };

export const byCreation: ListQuery = {
  filter: { status: 'OPEN' },
  order: { field: 'CREATED_AT', direction: 'DESC' },
  page: { size: 25, cursor: null },
};

/** A request that the backend has not answered. */
export interface Held<Value = unknown> {
  readonly operation: Operation;
  answer(value: Value): void;
  fail(error: Error): void;
}

/** A log of which this gateway hears as told. */
export function createWire(log: EventLog) {
  const listeners = new Set<(news: LogNews) => void>();
  const wire = {
    silent: false,
    down: false,
    /** In whose place it is asked, from now on. */
    behind: log,
    tell: (news: LogNews): void => {
      for (const listener of listeners) listener(news);
    },
    log: {
      head: (id: string) => ask(() => wire.behind.head(id)),
      read: (...given: Parameters<EventLog['read']>) => ask(() => wire.behind.read(...given)),
      locate: (...given: Parameters<EventLog['locate']>) => ask(() => wire.behind.locate(...given)),
      watch: (id: string, listener: (news: LogNews) => void) => {
        listeners.add(listener);
        const stop = log.watch(id, (news) => {
          if (!wire.silent) listener(news);
        });
        return () => {
          listeners.delete(listener);
          stop();
        };
      },
    },
    get listeners() {
      return listeners.size;
    },
  };
  const ask = async <Value>(step: () => Promise<Value>): Promise<Value> => {
    if (wire.down) throw new Error('out of reach');
    return step();
  };
  return wire;
}

/** A store in front of a backend that answers from `rows`, or when it is told to. */
export function setUp(options: Partial<ReadsOptions> = {}, shared: { readonly log?: EventLog } = {}) {
  const clock = createNoonClock();
  const log = shared.log ?? createMemoryLog({ clock });
  const wire = createWire(log);
  const rows = new Map<string, Ticket>();
  const asked: string[] = [];
  const held: Held[] = [];
  const it = {
    /** Whether requests wait to be answered by hand. */
    holds: false,
    trustMs: 60_000,
    circuit: 'CLOSED' as 'CLOSED' | 'OPEN',
    writes: {} as Partial<Pick<Tickets, 'create' | 'update' | 'delete'>>,
  };
  const request = <Value>(name: string, operation: Operation, answer: () => Value): Promise<Value> => {
    asked.push(name);
    if (!it.holds) {
      operation.sent?.();
      operation.meter.spent += 1;
      return Promise.resolve(answer());
    }
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    held.push({ operation, answer: (value) => resolve(value as Value), fail: reject });
    operation.signal.addEventListener('abort', () => reject(operation.signal.reason));
    return promise;
  };
  const backend: Backend = {
    kind: 'HELPDESK',
    capabilities: { maxPageSize: 100, pushdownFilters: [], orderFields: [], writableStatuses: [] },
    receiver: {
      receive: () => ({ ok: false, reason: 'UNSIGNED' }),
      toleranceMs: 0,
      channelOf: () => 'channel',
    },
    session: (_caller, operation) => ({
      tickets: {
        get: (id) => request(`get ${id}`, operation, () => rows.get(id) ?? null),
        list: ({ filter, page }) =>
          request(`list ${page.cursor ?? 'first'}`, operation, () => {
            const all = [...rows.values()]
              .filter(({ status }) => filter.status === undefined || filter.status === status)
              .toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
            const start = Number(page.cursor ?? 0);
            const end = start + page.size;
            return { items: all.slice(start, end), nextCursor: end < all.length ? String(end) : null };
          }),
        create: never,
        update: never,
        delete: never,
        ...it.writes,
      },
      ticketFields: {
        ...locked,
        list: () => request('fields', operation, () => ({ items: [], nextCursor: null })),
        update: async () => Promise.reject(new Error('a write that failed')),
      },
      ticketFieldOptions: locked,
      webhooks: locked,
    }),
    budget: () => null,
    status: () => ({ circuit: it.circuit, since: 0, nextTrialAt: null }),
    close: async () => undefined,
  };
  const reads = createReads({
    backend,
    log: wire.log,
    clock,
    logger: { warn: () => undefined },
    maxBytes: 1_000_000,
    trustMs: () => it.trustMs,
    ...options,
  });
  const operation = (more: Partial<Operation> = {}): Operation => ({
    priority: 'QUERY',
    client: 'test',
    signal: new AbortController().signal,
    deadline: clock.now() + 10_000,
    traceId: '0'.repeat(32),
    meter: createMeter(),
    ...more,
  });
  const session = (more: Partial<Operation> = {}, key = 'one') =>
    reads.backend.session(
      {
        workspaceId,
        apiKey: key,
        scope: `scope_${key}`,
        keyId: key,
        source: 'REQUEST',
        level: null,
        endUser: null,
      },
      operation(more),
    );
  return Object.assign(it, {
    clock,
    log,
    wire,
    rows,
    asked,
    held,
    reads,
    session,
    get: (id = 'tkt_1', more: Partial<Operation> = {}, key?: string) => session(more, key).tickets.get(id),
    list: (query: Partial<ListQuery> = {}, more: Partial<Operation> = {}) =>
      session(more).tickets.list({ ...byCreation, ...query }),
    put: (ticket: Partial<Ticket>): Ticket => {
      const made = makeTicket(ticket);
      rows.set(made.id, made);
      return made;
    },
    /** An event is taken in here. */
    accept: async (event: Parameters<typeof makeEvent>[0]): Promise<TicketEvent> => {
      const made = makeEvent(event);
      const outcome = await log.append(workspaceId, made, new Date(clock.now()).toISOString());
      if (outcome.result === 'APPENDED') reads.accepted(workspaceId, outcome.record);
      return made;
    },
  });
}
