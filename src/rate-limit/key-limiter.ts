import type { Budget } from '../domain/backend.ts';
import type { Clock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import { type Alarm, createAlarm } from './alarm.ts';
import type { Place } from './lane.ts';
import { createLedger, type Ledger } from './ledger.ts';
import type { Permit, PermitOutcome, TakeResult } from './limiter.ts';
import { createQueue, order, type Queue, type QueuedRequest } from './queue.ts';
import { createTally, type LimiterReport, type Tally } from './tally.ts';
import { nominalReset, type Outlook } from './window.ts';

export interface KeyLimiterOptions {
  /** For the log: a hash, never the key. */
  readonly keyId: string;
  readonly defaultLimit: number;
  readonly windowMs: number;
  readonly maxQueued: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** A call that wants to be sent. */
export interface Waiting {
  readonly since: number;
  readonly done: (result: TakeResult) => void;
}

/** One key's budget: window, pace and queue put together. Answers by callback, so that it runs without promises. */
export interface KeyLimiter {
  /** Calls `done` once: before it returns, or, where it returns a place in the queue, later. */
  request(request: QueuedRequest, done: (result: TakeResult) => void): Place<Waiting> | null;
  /** Gives a place in the queue back: its `done` is not called any more. */
  leave(place: Place<Waiting>): void;
  budget(): Budget | null;
  report(): LimiterReport;
  /** Nothing is lost by forgetting it, except what it has learned of the backend's clock and limit. */
  forgettable(): boolean;
}

/** What the steps below work on. */
interface Desk {
  readonly options: KeyLimiterOptions;
  readonly queue: Queue<Waiting>;
  readonly ledger: Ledger;
  readonly tally: Tally;
  readonly alarm: Alarm;
}

export function createKeyLimiter(options: KeyLimiterOptions): KeyLimiter {
  const { clock } = options;
  const desk: Desk = {
    options,
    queue: createQueue(),
    ledger: createLedger(options.defaultLimit, options.windowMs),
    tally: createTally(),
    alarm: createAlarm(clock, (now) => {
      serve(desk, now);
    }),
  };
  return {
    request: (request, done) => admit(desk, request, { since: clock.now(), done }),
    leave(place) {
      desk.queue.remove(place);
      if (desk.queue.size() === 0) desk.tally.nobodyWaits(clock.now());
    },
    budget: () => budgetOf(desk, clock.now()),
    report: () => desk.tally.report(),
    forgettable: () => forgettable(desk, clock.now()),
  };
}

/** Sends a call at once, lets it wait, or refuses it. */
function admit(desk: Desk, request: QueuedRequest, waiting: Waiting): Place<Waiting> | null {
  const { queue, ledger, tally, options } = desk;
  const { priority, client, deadline } = request;
  const now = waiting.since;
  const view = ledger.look(now);
  if (queue.size() === 0 && deadline >= now && ledger.readyAt(view, priority, now) <= now) {
    send(desk, waiting, now);
    return null;
  }
  const turn = Math.max(now, ledger.turnOf(view, priority, queue.ahead(priority, client) + 1, now));
  const full = queue.size() >= options.maxQueued;
  if (full || turn > deadline) {
    refuse(desk, waiting, full ? 'QUEUE_FULL' : 'DEADLINE', turn - now);
    return null;
  }
  const place = queue.add(request, waiting);
  tally.waits(now);
  serve(desk, now);
  return place.waiting ? place : null;
}

/** Sends what may be sent, refuses what cannot be sent in time any more, and sets the alarm for the rest. */
function serve(desk: Desk, now: number): void {
  const { queue, ledger } = desk;
  while (queue.size() > 0) {
    const view = ledger.look(now);
    const entitled = order.find(
      (priority) => queue.waits(priority) && ledger.readyAt(view, priority, now) <= now,
    );
    const next = entitled === undefined ? null : queue.shift(entitled);
    if (next === null) {
      refuseLate(desk, view, now);
      return;
    }
    send(desk, next, now);
  }
}

function refuseLate(desk: Desk, view: Outlook, now: number): void {
  const { queue, ledger, tally, alarm } = desk;
  for (const priority of order) {
    if (!queue.waits(priority)) continue;
    const ready = ledger.readyAt(view, priority, now);
    // Where only an answer can tell, it may come at any moment.
    const earliest = ready === Infinity ? now : ready;
    for (;;) {
      const late = queue.shiftExpired(priority, earliest);
      if (late === null) break;
      refuse(desk, late, 'DEADLINE', Math.max(earliest, ledger.turnOf(view, priority, 1, now)) - now);
    }
    alarm.set(Math.min(ready, queue.earliestDeadline(priority) + 1), now);
  }
  if (queue.size() === 0) tally.nobodyWaits(now);
}

function refuse(desk: Desk, { done }: Waiting, reason: 'DEADLINE' | 'QUEUE_FULL', waitMs: number): void {
  desk.tally.refusedHere();
  done({ allowed: false, reason, retryAfterMs: Math.max(1, Math.ceil(waitMs)) });
}

function send(desk: Desk, { since, done }: Waiting, now: number): void {
  desk.ledger.sent(now);
  desk.tally.sent(now, desk.queue.size() > 0);
  done({ allowed: true, permit: permit(desk, now, now - since) });
}

function permit(desk: Desk, sentAt: number, waitedMs: number): Permit {
  let open = true;
  return {
    waitedMs,
    settle(outcome) {
      if (!open) return;
      open = false;
      settle(desk, sentAt, outcome);
    },
  };
}

function settle(desk: Desk, sentAt: number, outcome: PermitOutcome): void {
  const { ledger, tally, options } = desk;
  const { keyId, log, clock } = options;
  const now = clock.now();
  const { limit, suspicion } = ledger.window();
  ledger.settled(sentAt, outcome, now);
  const after = ledger.window();
  if (outcome.kind === 'ANSWERED' && outcome.observation.retryAfterMs !== undefined) {
    tally.refusedByBackend();
    const silentMs = after.blockedUntil - now;
    log.warn({ keyId, silentMs, inFlight: after.inFlight }, 'refused by the backend: budget spent');
  }
  if (after.limit !== limit) log.info({ keyId, from: limit, to: after.limit }, 'the backend’s limit changed');
  if (after.suspicion > suspicion) log.info({ keyId }, 'another program spends this key');
  serve(desk, now);
}

function budgetOf({ ledger, queue }: Desk, now: number): Budget | null {
  const { limit, remaining } = ledger.look(now);
  const window = ledger.window();
  if (window.observedAt === null) return null;
  return {
    limit,
    remaining,
    resetAt: Math.round(nominalReset(window, now)),
    observedAt: window.observedAt,
    queued: queue.size(),
  };
}

function forgettable({ ledger, queue }: Desk, now: number): boolean {
  const { remaining } = ledger.look(now);
  const { inFlight, current, blockedUntil, limit } = ledger.window();
  const idle = queue.size() === 0 && inFlight === 0 && now >= blockedUntil;
  return idle && current === null && remaining === limit;
}
