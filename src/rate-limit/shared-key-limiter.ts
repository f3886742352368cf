/** One key's queue in one process. Where its calls get the right to be sent, `shared-account.ts` tells. */
import type { Budget } from '../domain/backend.ts';
import type { Clock } from '../domain/clock.ts';
import type { CallPriority } from '../domain/operation.ts';
import type { Place } from './lane.ts';
import type { Limiter, Permit, PermitOutcome, TakeRequest, TakeResult } from './limiter.ts';
import { onAnyAbort, reasonOf } from './on-abort.ts';
import { readyAt, turnOf } from './pacing.ts';
import { createQueue, order, type Queue } from './queue.ts';
import { createSharedAccount, type SharedAccount, type SharedAccountOptions } from './shared-account.ts';
import type { Look } from './shared-book.ts';
import type { Grant } from './shared-steps.ts';
import { createTally, type LimiterReport, type Tally } from './tally.ts';
import { nominalReset } from './window.ts';

/** What one process's limiter of a shared key has done. */
export interface SharedLimiterReport extends LimiterReport {
  /** Of the calls that the backend refused: while this process was cut off from the others. */
  readonly refusedWhileApart: number;
}

export interface SharedKeyLimiterOptions extends SharedAccountOptions {
  readonly maxQueued: number;
  readonly clock: Clock;
}

export interface SharedKeyLimiter extends Limiter {
  report(): SharedLimiterReport;
  /** The store was lost or found. */
  turned(): void;
  /** Nothing is lost by forgetting it: the store keeps what must not be forgotten. */
  forgettable(): boolean;
}

interface Waiting {
  readonly priority: CallPriority;
  /** By this process's clock. */
  readonly since: number;
  readonly done: (result: TakeResult) => void;
}

interface Desk {
  readonly options: SharedKeyLimiterOptions;
  readonly queue: Queue<Waiting>;
  /** Calls that wait, by class. */
  readonly demand: Record<CallPriority, number>;
  readonly tally: Tally;
  refusedWhileApart: number;
  /** Came since the last step: maybe it lets them go, so they do not count against the bound yet. */
  newcomers: Place<Waiting>[];
  alarm: { readonly at: number; readonly cancel: () => void };
  /** When the store was last asked only to tell of the budget; by the shared clock. */
  toldAt: number;
}

/** While calls wait, the store is asked so often whether answers to other processes have changed anything; milliseconds. */
const ASK_MS = 100;
/** And so often where only an answer can help. */
const ASK_SOON_MS = 25;
/** What is told of a budget is no older, if somebody asks for it all the time; milliseconds. */
const TOLD_MS = 1_000;
/** Longer delays do not fit into a timer. */
const LONGEST_ALARM_MS = 3_600_000;
const nothing = (): void => undefined;
const noAlarm = { at: Infinity, cancel: nothing };

export function createSharedKeyLimiter(options: SharedKeyLimiterOptions): SharedKeyLimiter {
  const desk: Desk = {
    options,
    queue: createQueue<Waiting>(),
    demand: { MUTATION: 0, QUERY: 0, BACKGROUND: 0 },
    tally: createTally(),
    refusedWhileApart: 0,
    newcomers: [],
    alarm: noAlarm,
    toldAt: -Infinity,
  };
  const account = createSharedAccount(options, {
    demand: () => desk.demand,
    send: (grant) => send(desk, account, grant),
    stepped: () => {
      stepped(desk, account);
    },
  });
  return {
    take: (request) => take(desk, account, request),
    budget: () => budgetOf(desk, account),
    report: () => ({ ...desk.tally.report(), refusedWhileApart: desk.refusedWhileApart }),
    turned: () => {
      account.turned();
    },
    forgettable: () => desk.queue.size() === 0 && !account.busy && !account.apart,
  };
}

function take(desk: Desk, account: SharedAccount, request: TakeRequest): Promise<TakeResult> {
  const { signals } = request;
  return new Promise((resolve, reject) => {
    const aborted = signals.find((signal) => signal.aborted);
    if (aborted !== undefined) {
      reject(reasonOf(aborted));
      return;
    }
    let place: Place<Waiting> | null = null;
    const stopListening = onAnyAbort(signals, (signal) => {
      stopListening();
      if (place !== null) leave(desk, place);
      reject(reasonOf(signal));
    });
    place = admit(desk, account, request, (result) => {
      stopListening();
      resolve(result);
    });
  });
}

/** Lets a call wait for the next step, or refuses it. */
function admit(
  desk: Desk,
  account: SharedAccount,
  request: TakeRequest,
  done: (result: TakeResult) => void,
): Place<Waiting> | null {
  const { queue, newcomers, options } = desk;
  const { priority, client } = request;
  const now = options.presence.now();
  const since = options.clock.now();
  const deadline = request.deadline + now - since;
  const waiting = { priority, since, done };
  const look = account.look(now);
  const expected = look === null ? now : turn(look, priority, queue.ahead(priority, client) + 1, now);
  const size = queue.size();
  const full = size - newcomers.length >= options.maxQueued || size >= 2 * options.maxQueued;
  if (full || expected > deadline) {
    refuse(desk, waiting, full ? 'QUEUE_FULL' : 'DEADLINE', expected - now);
    return null;
  }
  const place = queue.add({ priority, client, deadline }, waiting);
  desk.demand[priority] += 1;
  desk.tally.waits(now);
  newcomers.push(place);
  account.serve(false);
  return place;
}

function leave(desk: Desk, place: Place<Waiting>): void {
  if (!place.waiting) return;
  desk.queue.remove(place);
  desk.demand[place.priority] -= 1;
  if (desk.queue.size() === 0) desk.tally.nobodyWaits(desk.options.presence.now());
}

function send(desk: Desk, account: SharedAccount, { id, priority }: Grant): boolean {
  const { queue, options } = desk;
  const taker = queue.waits(priority) ? priority : order.find((other) => queue.waits(other));
  const waiting = taker === undefined ? null : queue.shift(taker);
  if (waiting === null) return false;
  desk.demand[waiting.priority] -= 1;
  desk.tally.sent(options.presence.now(), queue.size() > 0);
  const waitedMs = Math.max(0, options.clock.now() - waiting.since);
  waiting.done({ allowed: true, permit: permitOf(desk, account, id, waitedMs) });
  return true;
}

function permitOf(desk: Desk, account: SharedAccount, id: string, waitedMs: number): Permit {
  let open = true;
  return {
    waitedMs,
    settle(outcome) {
      if (!open) return;
      open = false;
      note(desk, outcome, account.apart);
      account.settle(id, outcome);
    },
  };
}

function note(desk: Desk, outcome: PermitOutcome, apart: boolean): void {
  if (outcome.kind !== 'ANSWERED' || outcome.observation.retryAfterMs === undefined) return;
  const { keyId, presence, log } = desk.options;
  desk.tally.refusedByBackend();
  if (apart) desk.refusedWhileApart += 1;
  const silentMs = outcome.observation.retryAfterMs;
  log.warn({ keyId, silentMs, apart, ...presence.instances() }, 'refused by the backend: budget spent');
}

function refuse(desk: Desk, waiting: Waiting, reason: 'DEADLINE' | 'QUEUE_FULL', waitMs: number): void {
  desk.tally.refusedHere();
  waiting.done({ allowed: false, reason, retryAfterMs: Math.max(1, Math.ceil(waitMs)) });
}

/** What could be sent was. Refuses what cannot be sent in time any more, and sets the alarm for the rest. */
function stepped(desk: Desk, account: SharedAccount): void {
  const now = desk.options.presence.now();
  const look = account.look(now);
  refuseSurplus(desk, look, now);
  desk.newcomers = [];
  if (look !== null) wakeAt(desk, account, refuseLate(desk, look, account.apart, now), now);
  if (desk.queue.size() === 0) desk.tally.nobodyWaits(now);
}

/** Of those that came since the last step, the last ones do not fit into the queue. */
function refuseSurplus(desk: Desk, look: Look | null, now: number): void {
  const { queue, newcomers, options } = desk;
  while (queue.size() > options.maxQueued) {
    const last = newcomers.pop();
    if (last === undefined) return;
    if (!last.waiting) continue;
    leave(desk, last);
    const waitMs = look === null ? ASK_MS : turn(look, last.priority, queue.size() + 1, now) - now;
    refuse(desk, last.payload, 'QUEUE_FULL', waitMs);
  }
}

/** @returns when to look again; Infinity: nobody waits */
function refuseLate(desk: Desk, look: Look, apart: boolean, now: number): number {
  const { queue } = desk;
  let again = Infinity;
  for (const priority of order) {
    if (!queue.waits(priority)) continue;
    const next = readyAt(look.pace, look.view, priority, now);
    // Where only an answer can tell, it may come at any moment.
    const earliest = next === Infinity ? now : next;
    for (;;) {
      const late = queue.shiftExpired(priority, earliest);
      if (late === null) break;
      desk.demand[priority] -= 1;
      refuse(desk, late, 'DEADLINE', Math.max(earliest, turn(look, priority, 1, now)) - now);
    }
    if (!queue.waits(priority)) continue;
    const ask = apart ? Infinity : now + (next === Infinity ? ASK_SOON_MS : ASK_MS);
    again = Math.min(again, next, queue.earliestDeadline(priority) + 1, ask);
  }
  return again;
}

const turn = ({ pace, view }: Look, priority: CallPriority, count: number, now: number): number =>
  Math.max(now, turnOf(pace, view, priority, count, now));

/** An alarm that goes off too early does no harm; one too late does. */
function wakeAt(desk: Desk, account: SharedAccount, at: number, now: number): void {
  if (at >= desk.alarm.at || at === Infinity) return;
  desk.alarm.cancel();
  const ms = Math.min(LONGEST_ALARM_MS, Math.max(1, Math.ceil(at - now)));
  const cancel = desk.options.clock.after(ms, () => {
    desk.alarm = noAlarm;
    account.serve(true);
  });
  desk.alarm = { at: now + ms, cancel };
}

function budgetOf(desk: Desk, account: SharedAccount): Budget | null {
  const { presence, clock } = desk.options;
  const now = presence.now();
  const ahead = now - clock.now();
  if (now - desk.toldAt > TOLD_MS && !account.apart) {
    desk.toldAt = now;
    account.serve(true);
  }
  const look = account.look(now);
  if (look === null || look.window.observedAt === null) return null;
  return {
    limit: look.window.limit,
    remaining: look.view.remaining,
    resetAt: Math.round(nominalReset(look.window, now) - ahead),
    observedAt: Math.round(look.window.observedAt - ahead),
    queued: desk.queue.size(),
  };
}
