/**
 * Reads, writes and webhooks of two gateways on one log, in any order, with requests that take any time, against a
 * helpdesk that remembers every state its tickets had. Every answer is held against what was known when it was asked for.
 */
import * as fc from 'fast-check';
import type { Backend } from '../../../src/domain/backend.ts';
import { GatewayError } from '../../../src/domain/errors.ts';
import type { EventRecord, TicketEvent } from '../../../src/domain/event.ts';
import { createMeter, type Operation } from '../../../src/domain/operation.ts';
import type { Page } from '../../../src/domain/page.ts';
import type { Ticket, TicketFilter, TicketOrder } from '../../../src/domain/ticket.ts';
import { announceWrites } from '../../../src/events/intake/announce.ts';
import { createIntake } from '../../../src/events/intake/intake.ts';
import type { EventLog, LogNews } from '../../../src/events/log/log.ts';
import { createMemoryLog } from '../../../src/events/log/memory-log.ts';
import { AnswerNotes } from '../../../src/graphql/answer-notes.ts';
import { Draft } from '../../../src/http/draft.ts';
import { EncodedAnswers } from '../../../src/http/encoded-answers.ts';
import { createReads, type Reads } from '../../../src/reads/reads.ts';
import { createVirtualClock, type VirtualClock } from '../../support/virtual-clock.ts';
import {
  compare,
  createModel,
  matches,
  placeOf,
  revOf,
  type Fate,
  type ListQuery,
  type Model,
  type State,
} from './model-backend.ts';

const workspaceId = 'ws_a';
const statuses = ['NEW', 'OPEN', 'PENDING'] as const;
const filters: readonly TicketFilter[] = [{ status: 'OPEN' }, {}, { status: 'PENDING', assigneeId: 'ada' }];
const orders: readonly TicketOrder[] = [
  { field: 'CREATED_AT', direction: 'DESC' },
  { field: 'CREATED_AT', direction: 'ASC' },
  { field: 'UPDATED_AT', direction: 'DESC' },
  { field: 'STATUS', direction: 'ASC' },
];

const nat = (max: number) => fc.nat({ max });
/** Mostly the first, so that what happens happens to the same. */
const few = fc.constantFrom<number>(0, 0, 0, 1, 2);

/** Who reads or writes, and how. Plain: one key at one gateway. */
const howOf = (plain: boolean) =>
  fc.record({
    gateway: plain ? fc.constant(0) : fc.constantFrom(0, 0, 1),
    key: plain
      ? fc.constant('ada' as const)
      : fc.constantFrom('ada' as const, 'ada' as const, 'bob' as const),
    extra: plain
      ? fc.constant('' as const)
      : fc.constantFrom(...(['', '', '', '', 'noCache', 'readAfter'] as const), ...extras),
  });
const extras = ['staleIfLimited', 'background', 'hasty'] as const;

const acts = fc.constantFrom(
  'create' as const,
  'update' as const,
  'update' as const,
  'update' as const,
  'delete' as const,
);
const change = { kind: acts, id: few, status: nat(2), mine: fc.boolean() };

const stepsOf = (plain: boolean) => ({
  get: fc.record({ do: fc.constant('get' as const), id: few, how: howOf(plain) }),
  list: fc.record({
    do: fc.constant('list' as const),
    filter: plain ? fc.constantFrom<number>(0, 0, 0, 1) : few,
    order: plain ? fc.constantFrom<number>(0, 0, 0, 2, 3) : fc.constantFrom<number>(0, 0, 1, 2, 3),
    size: fc.constantFrom(2, 100),
    next: plain ? fc.constantFrom(false, false, true) : fc.boolean(),
    how: howOf(plain),
  }),
  write: fc.record({ do: fc.constant('write' as const), ...change, how: howOf(plain) }),
  /** Behind the gateways; `told`: its webhook comes at once. */
  change: fc.record({
    do: fc.constant('change' as const),
    ...change,
    told: plain ? fc.constantFrom(true, true, true, false) : fc.boolean(),
  }),
  deliver: fc.record({
    do: fc.constant('deliver' as const),
    which: few,
    again: fc.boolean(),
    gateway: nat(1),
    bare: fc.constantFrom(false, false, false, true),
  }),
  /** Lets a request go on: away, into the helpdesk, back. */
  open: fc.record({ do: fc.constant('open' as const), which: few }),
  rest: fc.record({ do: fc.constant('rest' as const) }),
  pass: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1, 40, 1_100, 6_000) }),
  leave: fc.record({ do: fc.constant('leave' as const), which: nat(8) }),
  log: fc.record({
    do: fc.constant('log' as const),
    gateway: nat(1),
    state: fc.constantFrom('out' as const, 'silent' as const, 'back' as const),
  }),
});

const plain = stepsOf(true);
const mixed = stepsOf(false);

const plainStep = fc.oneof(
  { weight: 8, arbitrary: plain.get },
  { weight: 6, arbitrary: plain.list },
  { weight: 5, arbitrary: plain.change },
  { weight: 2, arbitrary: plain.write },
  { weight: 1, arbitrary: plain.deliver },
  { weight: 7, arbitrary: plain.open },
  { weight: 1, arbitrary: plain.rest },
);
const mixedStep = fc.oneof(
  { weight: 9, arbitrary: mixed.get },
  { weight: 5, arbitrary: mixed.list },
  { weight: 3, arbitrary: mixed.write },
  { weight: 4, arbitrary: mixed.change },
  { weight: 3, arbitrary: mixed.deliver },
  { weight: 6, arbitrary: mixed.open },
  { weight: 5, arbitrary: mixed.rest },
  { weight: 2, arbitrary: mixed.pass },
  { weight: 1, arbitrary: mixed.leave },
  { weight: 1, arbitrary: mixed.log },
);

/** Two gateways, of which one does not always hear of the other. */
const pairStep = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('get' as const),
      id: fc.constantFrom(0, 0, 1),
      how: fc.record({
        gateway: fc.constantFrom(0, 1, 1),
        key: fc.constant('ada' as const),
        extra: fc.constantFrom('' as const, '' as const, 'readAfter' as const),
      }),
    }),
  },
  { weight: 3, arbitrary: mixed.list },
  { weight: 4, arbitrary: mixed.write },
  { weight: 3, arbitrary: plain.change },
  { weight: 10, arbitrary: plain.rest },
  { weight: 3, arbitrary: mixed.pass },
  { weight: 4, arbitrary: mixed.log },
);

const fates = ['ANSWERED', 'ANSWERED', 'REFUSED', 'UNSURE', 'LIMITED', 'LIMITED'] as const;

/** One busy key; two gateways; or everything at once. */
export const scenario = fc.oneof(
  fc.record({
    steps: fc.array(pairStep, { minLength: 8, maxLength: 28, size: 'max' }),
    trustMs: fc.constantFrom(5_000, 1_000_000),
    maxBytes: fc.constant(1_000_000),
    granularityMs: fc.constant(1),
    tellsWhenSent: fc.constant(true),
    fates: fc.constantFrom<readonly Fate[]>(['ANSWERED'], ['ANSWERED', 'ANSWERED', 'LIMITED']),
  }),
  fc.record({
    steps: fc.array(plainStep, { minLength: 8, maxLength: 28, size: 'max' }),
    trustMs: fc.constant(1_000_000),
    maxBytes: fc.constant(1_000_000),
    granularityMs: fc.constantFrom(1, 1, 1_000),
    tellsWhenSent: fc.constantFrom(true, false),
    fates: fc.constantFrom<readonly Fate[]>(['ANSWERED'], ['ANSWERED'], ['ANSWERED', 'ANSWERED', 'UNSURE']),
  }),
  fc.record({
    steps: fc.array(mixedStep, { minLength: 8, maxLength: 28, size: 'max' }),
    trustMs: fc.constantFrom(0, 300, 5_000, 1_000_000),
    maxBytes: fc.constantFrom(4_000, 1_000_000, 1_000_000),
    granularityMs: fc.constantFrom(1, 1, 1_000),
    tellsWhenSent: fc.constantFrom(true, true, false),
    fates: fc.array(fc.constantFrom<Fate>(...fates), { minLength: 1, maxLength: 6 }),
  }),
);

export type Scenario = typeof scenario extends fc.Arbitrary<infer S> ? S : never;
type Step = Scenario['steps'][number];
type How = Extract<Step, { do: 'get' }>['how'];

/** A webhook on its way. */
interface Delivery {
  readonly event: TicketEvent;
  readonly rev: number;
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A gateway's view of the log, which can be cut. */
class Wire {
  state: 'out' | 'silent' | 'back' = 'back';
  readonly #listeners = new Set<(news: LogNews) => void>();
  readonly log: EventLog;

  constructor(log: EventLog) {
    const guarded = <Value>(ask: () => Promise<Value>): Promise<Value> =>
      this.state === 'out'
        ? Promise.reject(new GatewayError('EVENT_LOG_UNAVAILABLE', 'out of reach'))
        : ask();
    this.log = {
      ...log,
      append: (...given) => guarded(() => log.append(...given)),
      read: (...given) => guarded(() => log.read(...given)),
      head: (...given) => guarded(() => log.head(...given)),
      locate: (...given) => guarded(() => log.locate(...given)),
      known: (...given) => guarded(() => log.known(...given)),
      watch: (workspace, listener) => {
        this.#listeners.add(listener);
        const stop = log.watch(workspace, (news) => {
          if (this.state === 'back') listener(news);
        });
        return () => {
          this.#listeners.delete(listener);
          stop();
        };
      },
    };
  }

  set(state: Wire['state']): void {
    if (state === this.state) return;
    this.state = state;
    if (state === 'back') for (const listener of this.#listeners) listener('RECONNECTED');
  }
}

interface Gateway {
  readonly wire: Wire;
  readonly reads: Reads;
  /** Answers as they went out; most plain reads ask here first. */
  readonly answers: EncodedAnswers;
  readonly accept: (event: TicketEvent) => Promise<EventRecord | null>;
  /** The state of each ticket that was accepted here, or written through here. */
  readonly floor: Map<string, number>;
}

/** What a scenario came to. */
export interface Outcome {
  readonly faults: readonly string[];
  readonly reads: number;
  readonly requests: number;
  readonly hits: number;
  readonly shared: number;
  readonly stale: number;
  /** Answered by what had gone out before. */
  readonly encoded: number;
}

export class Simulation {
  readonly faults: string[] = [];
  readonly #clock: VirtualClock = createVirtualClock(Date.UTC(2026, 0, 1));
  readonly #model: Model;
  readonly #gateways: readonly Gateway[];
  readonly #scenario: Scenario;
  readonly #deliveries: Delivery[] = [];
  readonly #controllers: AbortController[] = [];
  readonly #pending = new Set<Promise<void>>();
  readonly #cursors = new Map<string, string>();
  /** Of the log, with the state of each ticket that a reader of it must have. */
  readonly #told: {
    readonly cursor: string;
    readonly floor: ReadonlyMap<string, number>;
    /** Milliseconds since the epoch. */
    readonly at: number;
  }[] = [];
  readonly #meter = createMeter();
  #requests = 0;
  #reads = 0;
  #stale = 0;

  constructor(run: Scenario) {
    this.#scenario = run;
    this.#model = createModel(this.#clock, run.granularityMs);
    const log = createMemoryLog({ clock: this.#clock });
    this.#gateways = [0, 1].map(() => this.#gateway(log));
    for (const status of statuses) this.#model.put(this.#model.newId(), status, null);
    this.#clock.advanceSync(10_000);
  }

  async run(): Promise<Outcome> {
    for (const one of this.#scenario.steps) {
      this.#take(one);
      await settled();
      if (one.do === 'rest') await this.#rest(3);
    }
    await this.#calmDown();
    await this.#checkEnd();
    const { cacheHits: hits, shared } = this.#meter;
    for (const { reads } of this.#gateways) await reads.close();
    return {
      faults: this.faults,
      reads: this.#reads,
      requests: this.#requests,
      hits,
      shared,
      stale: this.#stale,
      encoded: this.#gateways.reduce((sum, { answers }) => sum + answers.served, 0),
    };
  }

  #gateway(log: EventLog): Gateway {
    const { trustMs, maxBytes, tellsWhenSent } = this.#scenario;
    const clock = this.#clock;
    const wire = new Wire(log);
    const floor = new Map<string, number>();
    const told = (record: EventRecord): void => {
      reads.accepted(workspaceId, record);
      if (record.stale) return;
      const { ticketId, ticket, type } = record.event;
      const rev =
        type === 'TICKET_DELETED'
          ? (this.#model.statesOf(ticketId).find((state) => state.rev > 0 && state.ticket === null)?.rev ?? 0)
          : ticket === null
            ? 0
            : revOf(ticket);
      raise(floor, ticketId, rev);
      const before = this.#told.at(-1)?.floor ?? new Map<string, number>();
      const all = new Map(before);
      raise(all, ticketId, rev);
      this.#told.push({ cursor: record.cursor, floor: all, at: clock.now() });
    };
    const telling: EventLog = {
      ...wire.log,
      append: async (...given) => {
        const outcome = await wire.log.append(...given);
        if (outcome.result === 'APPENDED') told(outcome.record);
        return outcome;
      },
    };
    const intake = createIntake({ log: telling, clock });
    const backend: Backend = announceWrites({
      backend: this.#model.backend(this.#fateOf, tellsWhenSent),
      intake,
      log: telling,
      clock,
    });
    const reads = createReads({
      backend,
      log: wire.log,
      clock,
      logger: { warn: () => undefined },
      maxBytes,
      trustMs: () => trustMs,
    });
    const accept = async (event: TicketEvent): Promise<EventRecord | null> => {
      const outcome = await intake.accept(workspaceId, event);
      return outcome.result === 'APPENDED' ? outcome.record : null;
    };
    return { wire, reads, answers: new EncodedAnswers(reads.room), accept, floor };
  }

  readonly #fateOf = (writes: boolean): Fate => {
    this.#requests += 1;
    const { fates: due } = this.#scenario;
    const fate = due[this.#requests % due.length] ?? 'ANSWERED';
    return !writes && fate !== 'LIMITED' ? 'ANSWERED' : fate;
  };

  #idOf(index: number): string {
    const ids = this.#model.ids();
    return ids[index % ids.length] ?? 't1';
  }

  #take(one: Step): void {
    switch (one.do) {
      case 'get':
        this.#get(this.#idOf(one.id), one.how);
        return;
      case 'list':
        this.#list(one);
        return;
      case 'write':
        this.#write(one);
        return;
      case 'change':
        this.#change(one);
        return;
      case 'deliver':
        this.#deliver(one);
        return;
      case 'open': {
        const { gates } = this.#model;
        const [gate] = gates.splice(one.which % Math.max(1, gates.length), 1);
        gate?.open();
        return;
      }
      case 'rest':
        return;
      case 'pass':
        this.#clock.advanceSync(one.ms);
        return;
      case 'leave':
        this.#controllers.splice(one.which, 1)[0]?.abort(new Error('left'));
        return;
      case 'log':
        this.#gateways[one.gateway]?.wire.set(one.state);
        return;
    }
  }

  #operation(extra: How['extra'], mayLeave: boolean): Operation {
    const controller = new AbortController();
    if (mayLeave) this.#controllers.push(controller);
    return {
      priority: extra === 'background' ? 'BACKGROUND' : 'QUERY',
      client: 'test',
      signal: controller.signal,
      deadline: this.#clock.now() + (extra === 'hasty' ? 50 : 1e9),
      traceId: '0'.repeat(32),
      meter: this.#meter,
      ...(extra === 'noCache' && { noCache: true }),
    };
  }

  /** What a read that begins now has to know of each ticket at least. */
  #floorOf(gateway: Gateway, { extra }: How, readAfter: number): (id: string) => number {
    const accepted = new Map(gateway.floor);
    if (extra === 'readAfter')
      for (const [id, rev] of this.#told[readAfter]?.floor ?? []) raise(accepted, id, rev);
    const { trustMs } = this.#scenario;
    // What another gateway took in is known here a second later at the latest.
    const brought = Math.min(this.#clock.now() - 1_000, this.#model.oldestRequest());
    const common = extra === 'staleIfLimited' ? null : this.#told.findLast((one) => one.at < brought);
    for (const [id, rev] of common?.floor ?? []) raise(accepted, id, rev);
    // Whoever joins a request sees what it sees.
    const at = Math.min(this.#clock.now() - trustMs, this.#model.oldestRequest());
    const trusted = new Map(
      this.#model
        .ids()
        .map((id) => [id, extra === 'noCache' ? this.#model.last(id).rev : this.#model.revAt(id, at)]),
    );
    return (id) => Math.max(accepted.get(id) ?? 0, extra === 'staleIfLimited' ? 0 : (trusted.get(id) ?? 0));
  }

  #ask<Answer>(
    given: How,
    question: unknown,
    ask: (session: ReturnType<Backend['session']>) => Promise<Answer>,
    check: (answer: Answer, floor: (id: string) => number) => void,
  ): void {
    const gateway = this.#gateways[given.gateway];
    if (gateway === undefined) return;
    const record = this.#told.length - 1;
    const readAfter = given.extra === 'readAfter' ? this.#told[record]?.cursor : undefined;
    const operation: Operation = {
      ...this.#operation(given.extra, true),
      ...(readAfter !== undefined && { readAfter }),
      ...(given.extra === 'staleIfLimited' && {
        staleIfLimited: true,
        servedStale: () => {
          this.#stale += 1;
        },
      }),
    };
    const floor = this.#floorOf(gateway, given, record);
    if (given.extra === '' && this.#reads % 8 !== 0) {
      this.#reads += 1;
      this.#track(
        this.#askEncoded(gateway, operation, {
          given,
          question,
          ask,
          check: (answer) => check(answer, floor),
        }),
      );
      return;
    }
    const session = gateway.reads.backend.session(callerOf(given.key), operation);
    this.#reads += 1;
    this.#track(
      ask(session).then(
        (answer) => check(answer, floor),
        (error: unknown) => this.#excuse(error),
      ),
    );
  }

  /** From what went out before, if that may go out again; else as usual, and keeps what goes out. */
  async #askEncoded<Answer>(
    { reads, answers }: Gateway,
    operation: Operation,
    {
      given,
      question,
      ask,
      check,
    }: {
      readonly given: How;
      readonly question: unknown;
      readonly ask: (session: ReturnType<Backend['session']>) => Promise<Answer>;
      readonly check: (answer: Answer) => void;
    },
  ): Promise<void> {
    const caller = callerOf(given.key);
    const asked = { caller, method: 'POST', accept: null, text: JSON.stringify(question) };
    const found = answers.find(asked);
    if (found !== null) {
      const body = Buffer.from(found.bodyWith('null'), 'latin1').toString('utf8');
      check((JSON.parse(body) as { data: { answer: Answer } }).data.answer);
      return;
    }
    const draft = new Draft((parts) => answers.keep(asked, parts));
    const meter = createMeter();
    const own = { ...operation, meter, rests: draft.rests };
    try {
      const answer = await ask(reads.backend.session(caller, own));
      draft.executed({
        operationName: null,
        operation: own,
        notes: new AnswerNotes(),
        result: { data: { answer } },
      });
      draft.answered(200, new Map([['content-type', 'application/json; charset=utf-8']]));
      check(answer);
    } catch (error) {
      this.#excuse(error);
    } finally {
      this.#meter.cacheHits += meter.cacheHits;
      this.#meter.shared += meter.shared;
    }
  }

  #excuse(error: unknown): void {
    if (error instanceof GatewayError || (error instanceof Error && error.message === 'left')) return;
    this.faults.push(`failed with ${String(error)}`);
  }

  #get(id: string, given: How): void {
    this.#ask(
      given,
      id,
      ({ tickets }) => tickets.get(id),
      (ticket, floor) => this.#checkTicket(id, ticket, floor(id), given.extra),
    );
  }

  #checkTicket(id: string, ticket: Ticket | null, floor: number, what: string): void {
    const allowed = this.#allowed(id, floor);
    const fits =
      ticket === null
        ? allowed.some((state) => state.ticket === null)
        : allowed.some(({ rev, ticket: one }) => one !== null && rev === revOf(ticket));
    if (!fits)
      this.faults.push(
        `get ${what} ${id}: ${ticket?.subject ?? 'none'}, not older than rev ${floor} was due`,
      );
  }

  #allowed(id: string, floor: number): readonly State[] {
    return this.#model.statesOf(id).filter(({ rev }) => rev >= floor);
  }

  #list({ filter, order, size, next, how: given }: Extract<Step, { do: 'list' }>): void {
    const list = { filter: filters[filter] ?? {}, order: orders[order] ?? orders[0] };
    const known = this.#cursors.get(JSON.stringify([list, size]));
    if (list.order === undefined) return;
    const query: ListQuery = {
      filter: list.filter,
      order: list.order,
      page: { size, cursor: next ? (known ?? null) : null },
    };
    this.#ask(
      given,
      query,
      ({ tickets }) => tickets.list(query),
      (page, floor) => {
        if (page.nextCursor !== null) this.#cursors.set(JSON.stringify([list, size]), page.nextCursor);
        this.#checkPage(query, page, floor, given.extra);
      },
    );
  }

  #checkPage(query: ListQuery, page: Page<Ticket>, floor: (id: string) => number, what: string): void {
    const fault = (text: string): void => {
      const rows = page.items.map(({ id, subject }) => `${id} ${subject}`).join(', ');
      this.faults.push(`list ${what} ${JSON.stringify(query)}: ${text} [${rows}] next ${page.nextCursor}`);
    };
    const { filter, order } = query;
    const places = page.items.map((ticket) => placeOf(order, ticket));
    if (places.some((place, index) => index > 0 && compare(places[index - 1] ?? place, place) > 0))
      fault('out of order');
    const start = query.page.cursor === null ? null : (JSON.parse(query.page.cursor) as [number, string]);
    const end = page.nextCursor === null ? null : (places.at(-1) ?? null);
    /** Whether a state would stand in this page's stretch. */
    const belongs = (ticket: Ticket | null): boolean => {
      if (ticket === null || !matches(filter, ticket)) return false;
      const place = placeOf(order, ticket);
      return (start === null || compare(place, start) > 0) && (end === null || compare(place, end) < 0);
    };
    for (const id of this.#model.ids()) {
      const allowed = this.#allowed(id, floor(id));
      const row = page.items.find((ticket) => ticket.id === id);
      if (row === undefined) {
        if (allowed.every(({ ticket }) => belongs(ticket))) fault(`${id} is missing`);
      } else {
        if (!matches(filter, row)) fault(`${id} does not match`);
        if (!allowed.some(({ rev, ticket }) => ticket !== null && rev === revOf(row)))
          fault(`${id} is older than rev ${floor(id)}`);
      }
    }
  }

  #write({
    kind,
    id: index,
    status,
    mine,
    how: { gateway: which, key },
  }: Extract<Step, { do: 'write' }>): void {
    const gateway = this.#gateways[which];
    if (gateway === undefined) return;
    const { tickets } = gateway.reads.backend.session(callerOf(key), this.#operation('', false));
    const id = this.#idOf(index);
    const changes = { status: statuses[status] ?? 'NEW', assigneeId: mine ? 'ada' : null };
    const from = this.#model.last(id).rev;
    const told = (ticket: Ticket): void => raise(gateway.floor, ticket.id, revOf(ticket));
    const gone = (): void => {
      const { rev, ticket } = this.#model.last(id);
      if (ticket === null) raise(gateway.floor, id, rev);
    };
    const unsure = (error: unknown): void => {
      // What it may have done is known to be possible: nothing older than what it found is shown.
      if (error instanceof GatewayError && error.outcome === 'UNKNOWN' && kind !== 'create')
        raise(gateway.floor, id, from);
      this.#excuse(error);
    };
    if (kind === 'create') this.#track(tickets.create({ subject: '', ...changes }).then(told, unsure));
    else if (kind === 'update') this.#track(tickets.update(id, changes).then(told, unsure));
    else this.#track(tickets.delete(id).then(gone, unsure));
  }

  #change({ kind, id: index, status, mine, told }: Extract<Step, { do: 'change' }>): void {
    const id = kind === 'create' ? this.#model.newId() : this.#idOf(index);
    const before = this.#model.last(id).ticket;
    if (kind !== 'create' && before === null) return;
    const state =
      kind === 'delete'
        ? this.#model.remove(id)
        : this.#model.put(id, statuses[status] ?? 'NEW', mine ? 'ada' : null);
    this.#announce(id, state, kind === 'create' ? 'TICKET_CREATED' : 'TICKET_UPDATED');
    if (told)
      this.#deliver({
        do: 'deliver',
        which: this.#deliveries.length - 1,
        again: false,
        gateway: 0,
        bare: false,
      });
    this.#clock.advanceSync(this.#scenario.granularityMs === 1 ? 1 : 0);
  }

  #announce(id: string, { rev, ticket }: State, type: 'TICKET_CREATED' | 'TICKET_UPDATED'): void {
    const occurredAt = new Date(this.#clock.now()).toISOString();
    const event: TicketEvent = {
      eventId: `msg_${id}_${rev}`,
      type: ticket === null ? 'TICKET_DELETED' : type,
      typeRaw: 'raw',
      ticketId: id,
      ticket,
      occurredAt,
      source: 'WEBHOOK',
      channel: 'hook',
    };
    this.#deliveries.push({ event, rev });
  }

  #deliver({ which, again, gateway, bare }: Extract<Step, { do: 'deliver' }>): void {
    const { length } = this.#deliveries;
    if (length === 0) return;
    const index = which % length;
    const delivery = this.#deliveries[index];
    const into = this.#gateways[gateway];
    if (delivery === undefined || into === undefined) return;
    const event =
      bare && delivery.event.ticket !== null ? { ...delivery.event, ticket: null } : delivery.event;
    const taken = into.accept(event).then(
      () => {
        if (!again) this.#deliveries.splice(this.#deliveries.indexOf(delivery), 1);
      },
      () => undefined,
    );
    this.#track(taken);
  }

  #track(promise: Promise<void>): void {
    const tracked = promise
      .catch((error: unknown) => {
        this.faults.push(`failed with ${String(error)}`);
      })
      .finally(() => this.#pending.delete(tracked));
    this.#pending.add(tracked);
  }

  /** Requests go all the way. */
  async #rest(rounds: number): Promise<void> {
    for (let round = 0; this.#pending.size > 0 && round < rounds; round += 1) {
      for (const gate of this.#model.gates.splice(0)) gate.open();
      this.#clock.advanceSync(5);
      await settled();
    }
  }

  /** The log is back, every request is answered, every webhook has come. */
  async #calmDown(): Promise<void> {
    for (const { wire } of this.#gateways) wire.set('back');
    await this.#rest(500);
    if (this.#pending.size > 0) this.faults.push('a read or write never ended');
    for (const { event } of this.#deliveries.splice(0)) await this.#gateways[0]?.accept(event);
    this.#clock.advanceSync(20);
    await settled();
  }

  /** Whoever reads after the log's end has each ticket as it was told last, and lists to go with it. */
  async #checkEnd(): Promise<void> {
    const readers = [
      { gateway: 0, key: 'ada', extra: '' },
      { gateway: 1, key: 'bob', extra: 'readAfter' },
    ] as const;
    for (const given of [readers[0], ...readers]) {
      for (const id of this.#model.ids()) this.#get(id, given);
      for (const [filter] of filters.entries())
        this.#list({ do: 'list', filter, order: filter, size: 100, next: false, how: given });
      await this.#calmDown();
    }
  }
}

const raise = (floor: Map<string, number>, id: string, rev: number): void => {
  floor.set(id, Math.max(floor.get(id) ?? 0, rev));
};

const callerOf = (key: string) =>
  ({
    workspaceId,
    apiKey: key,
    scope: `scope_${key}`,
    keyId: key,
    source: 'REQUEST',
    level: null,
    endUser: null,
  }) as const;
