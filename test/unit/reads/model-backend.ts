import type { Backend, BackendSession } from '../../../src/domain/backend.ts';
import { BackendError, GatewayError } from '../../../src/domain/errors.ts';
import type { Operation } from '../../../src/domain/operation.ts';
import type { Ticket, TicketFilter, TicketOrder, TicketStatus } from '../../../src/domain/ticket.ts';
import type { VirtualClock } from '../../support/virtual-clock.ts';

/** One state of a ticket; its number is its place in the ticket's history. */
export interface State {
  readonly rev: number;
  /** null: it did not exist, or was deleted. */
  readonly ticket: Ticket | null;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** What a request comes to. UNSURE: it is carried out and fails all the same. */
export type Fate = 'ANSWERED' | 'REFUSED' | 'UNSURE' | 'LIMITED';

export type ListQuery = Parameters<BackendSession['tickets']['list']>[0];

const never = () => Promise.reject(new Error('not asked for'));
const locked = { list: never, get: never, create: never, update: never, delete: never };

export const matches = (filter: TicketFilter, ticket: Ticket): boolean =>
  (filter.status === undefined || filter.status === ticket.status) &&
  (filter.assigneeId === undefined || filter.assigneeId === ticket.assigneeId);

const ranks: Readonly<Record<string, number>> = { NEW: 0, OPEN: 1, PENDING: 2, RESOLVED: 3 };

/** Where a ticket stands in an order, as text that sorts. */
export function placeOf({ field, direction }: TicketOrder, ticket: Ticket): [number, string] {
  const key =
    field === 'STATUS'
      ? (ranks[ticket.status] ?? 9)
      : Date.parse(field === 'UPDATED_AT' ? ticket.updatedAt : ticket.createdAt);
  return [direction === 'ASC' ? key : -key, ticket.id];
}

export const compare = (a: readonly [number, string], b: readonly [number, string]): number =>
  a[0] - b[0] || (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0);

/** A helpdesk that remembers every state its tickets had, and whose requests go as far as they are let. */
export function createModel(clock: VirtualClock, granularityMs: number) {
  const history = new Map<string, State[]>();
  const gates: { readonly open: () => void; readonly signal: AbortSignal }[] = [];
  /** When requests left that are under way; milliseconds since the epoch. */
  const underWay = new Set<{ readonly since: number }>();
  let made = 0;
  const time = (): string => new Date(Math.floor(clock.now() / granularityMs) * granularityMs).toISOString();

  const statesOf = (id: string): State[] => history.get(id) ?? [{ rev: 0, ticket: null, since: 0 }];
  const last = (id: string): State => statesOf(id).at(-1) ?? { rev: 0, ticket: null, since: 0 };
  const write = (id: string, ticket: Ticket | null): State => {
    const state = { rev: last(id).rev + 1, ticket, since: clock.now() };
    history.set(id, [...statesOf(id), state]);
    return state;
  };
  const model = {
    gates,
    oldestRequest: (): number => Math.min(clock.now(), ...[...underWay].map(({ since }) => since)),
    ids: (): string[] => [...history.keys()],
    statesOf,
    last,
    /** The number of the state at some time. */
    revAt: (id: string, at: number): number => statesOf(id).findLast(({ since }) => since < at)?.rev ?? 0,
    put: (id: string, status: TicketStatus, assigneeId: string | null): State => {
      const { rev, ticket } = last(id);
      const now = time();
      return write(id, {
        id,
        subject: `rev ${rev + 1}`,
        status,
        statusRaw: status.toLowerCase(),
        priority: 'NORMAL',
        type: 'TASK',
        assigneeId,
        requesterEmail: null,
        requesterName: null,
        tags: [],
        customFields: [{ fieldId: 'cf_rev', value: rev + 1 }],
        createdAt: ticket?.createdAt ?? now,
        updatedAt: now,
        fetchedAt: now,
      });
    },
    remove: (id: string): State => write(id, null),
    newId: (): string => `t${(made += 1)}`,
    page: ({ filter, order, page }: ListQuery) => {
      const start = page.cursor === null ? null : (JSON.parse(page.cursor) as [number, string]);
      const rows = [...history.keys()]
        .map((id) => last(id).ticket)
        .filter((ticket) => ticket !== null)
        .filter((ticket) => matches(filter, ticket))
        .toSorted((a, b) => compare(placeOf(order, a), placeOf(order, b)))
        .filter((ticket) => start === null || compare(placeOf(order, ticket), start) > 0);
      const items = rows.slice(0, page.size);
      const end = items.at(-1);
      return {
        items,
        nextCursor: rows.length > page.size && end ? JSON.stringify(placeOf(order, end)) : null,
      };
    },
  };

  const gate = async ({ signal }: Operation): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (signal.aborted) throw signal.reason as Error;
    gates.push({ open: resolve, signal });
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    await promise;
  };
  const unheard = { kind: 'HELPDESK', status: null, operation: 'PUT /tickets/:id', attempts: 1 } as const;

  /** @param fateOf asked when a request leaves */
  const backend = (fateOf: (writes: boolean) => Fate, tellsWhenSent: boolean): Backend => {
    const request = async <Value>(
      operation: Operation,
      writes: boolean,
      carryOut: () => Value,
    ): Promise<Value> => {
      await gate(operation);
      const fate = fateOf(writes);
      if (fate === 'LIMITED') throw new GatewayError('RATE_BUDGET_EXHAUSTED', 'spent');
      if (tellsWhenSent) operation.sent?.();
      operation.meter.spent += 1;
      const leaving = { since: clock.now() };
      underWay.add(leaving);
      try {
        await gate(operation);
        if (fate === 'REFUSED') throw new BackendError('CONFLICT', 'no', { ...unheard, status: 409 });
        const value = carryOut();
        await gate(operation);
        if (fate === 'ANSWERED') return value;
        throw new BackendError('BACKEND_TIMEOUT', 'who knows', unheard, { outcome: 'UNKNOWN' });
      } finally {
        underWay.delete(leaving);
      }
    };
    const found = (id: string): Ticket => {
      const { ticket } = last(id);
      if (ticket === null) throw new BackendError('NOT_FOUND', 'none', { ...unheard, status: 404 });
      return ticket;
    };
    return {
      kind: 'HELPDESK',
      capabilities: { maxPageSize: 100, pushdownFilters: [], orderFields: [], writableStatuses: [] },
      receiver: {
        receive: () => ({ ok: false, reason: 'UNSIGNED' }),
        toleranceMs: 0,
        channelOf: () => 'channel',
      },
      session: (_caller, operation) => ({
        tickets: {
          get: (id) => request(operation, false, () => last(id).ticket),
          list: (query) => request(operation, false, () => model.page(query)),
          create: ({ status = 'NEW', assigneeId = null }) =>
            request(operation, true, () => {
              const id = model.newId();
              model.put(id, status, assigneeId);
              return found(id);
            }),
          update: (id, { status = 'NEW', assigneeId = null }) =>
            request(operation, true, () => {
              found(id);
              model.put(id, status, assigneeId);
              return found(id);
            }),
          delete: (id) =>
            request(operation, true, () => {
              found(id);
              model.remove(id);
            }),
        },
        ticketFields: locked,
        ticketFieldOptions: locked,
        webhooks: locked,
      }),
      budget: () => null,
      status: () => ({ circuit: 'CLOSED', since: 0, nextTrialAt: null }),
      close: async () => undefined,
    };
  };
  return { ...model, backend };
}

export type Model = ReturnType<typeof createModel>;

export const revOf = ({ subject }: Ticket): number => Number(subject.slice('rev '.length));
