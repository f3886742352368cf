/** Whether a process reaches the store, what time it is there, and how many processes there are. */
import type { Clock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import type { Presence as Counted, SharedStore } from './shared-store.ts';
import type { Interval } from './turnover.ts';

/** A living process says so this often; milliseconds. */
const BEAT_MS = 1_000;
/** How often a store that was lost is tried again; milliseconds. */
const RETRY_MS = 250;
/** Not heard of for so long, a process is taken to be cut off, and its share is left to it; milliseconds. */
const FRESH_MS = 3_000;
/** Not heard of for so long, a process is taken to be gone; milliseconds. */
const GONE_MS = 120_000;
/** What was learned of the store's clock is good for so long: clocks drift; milliseconds. */
const OFFSET_AGE_MS = 30_000;

/** NEW: the store has not been tried yet. */
export type Reach = 'NEW' | 'REACHED' | 'LOST';

/** How the processes on one store are counted. */
export interface Instances {
  /** Known to live, or cut off lately. At least 1. */
  readonly total: number;
  /** Of these, cut off: they spend their share by themselves. */
  readonly missing: number;
}

/** What one process knows of the store and of the other processes. */
export interface PresenceKeeper {
  readonly reach: Reach;
  /** By the shared clock, which is the store's: no later than it is there. Milliseconds since the epoch. */
  now(): number;
  /** No earlier than it is there; the two are apart by a round trip at most. */
  latest(): number;
  /** When the store was lost, by the shared clock; null: it is not, or was never reached. */
  readonly lostAt: number | null;
  /** Passes on what the store answers, and learns of its clock. Rejects as the store does, which then is lost. */
  ask<Answer extends { readonly time: number }>(question: () => Promise<Answer>): Promise<Answer>;
  /** As last seen; while the store is lost, none is missing. */
  instances(): Instances;
  close(): Promise<void>;
}

export interface PresenceOptions {
  readonly store: SharedStore;
  readonly instance: string;
  readonly clock: Clock;
  readonly log: Log;
  /** `reach` has changed. */
  readonly onChange: () => void;
}

interface Keeper extends PresenceOptions {
  reach: Reach;
  lostAt: number | null;
  closed: boolean;
  cancel: () => void;
  seen: Counted;
  /** A store that comes back empty knows fewer processes than there are; until then these are reckoned with. */
  remembered: { readonly total: number; readonly until: number };
  /** The store's clock minus this process's. */
  offset: Interval & { readonly learnedAt: number };
}

/** Begins at once to say that this process lives. */
export function createPresence(options: PresenceOptions): PresenceKeeper {
  const keeper: Keeper = {
    ...options,
    reach: 'NEW',
    lostAt: null,
    closed: false,
    cancel: () => undefined,
    seen: { time: 0, fresh: 1, total: 1 },
    remembered: { total: 1, until: 0 },
    offset: { from: 0, to: 0, learnedAt: -Infinity },
  };
  void beat(keeper);
  return {
    get reach() {
      return keeper.reach;
    },
    get lostAt() {
      return keeper.lostAt;
    },
    now: () => now(keeper),
    latest: () => latest(keeper),
    ask: (question) => ask(keeper, question),
    instances: () => instances(keeper),
    close: () => close(keeper),
  };
}

const now = ({ clock, offset }: Keeper): number => clock.now() + offset.from;
const latest = ({ clock, offset }: Keeper): number => clock.now() + offset.to;

/** A question asked and answered at these moments of our clock found this time at the store. */
function learn(keeper: Keeper, time: number, askedAt: number, answeredAt: number): void {
  const { offset } = keeper;
  const heard = { from: time - answeredAt, to: time - askedAt, learnedAt: answeredAt };
  const from = Math.max(heard.from, offset.from);
  const to = Math.min(heard.to, offset.to);
  const old = answeredAt - offset.learnedAt > OFFSET_AGE_MS || answeredAt < offset.learnedAt;
  // What contradicts all that was known: a clock was set.
  keeper.offset = old || from > to ? heard : { from, to, learnedAt: offset.learnedAt };
}

const totalOf = (keeper: Keeper): number =>
  Math.max(1, keeper.seen.total, now(keeper) < keeper.remembered.until ? keeper.remembered.total : 1);

function instances(keeper: Keeper): Instances {
  const total = totalOf(keeper);
  if (keeper.reach !== 'REACHED') return { total, missing: 0 };
  return { total, missing: total - Math.min(total, Math.max(1, keeper.seen.fresh)) };
}

function turn(keeper: Keeper, reach: Reach): void {
  if (keeper.reach === reach) return;
  keeper.reach = reach;
  keeper.onChange();
}

async function ask<Answer extends { readonly time: number }>(
  keeper: Keeper,
  question: () => Promise<Answer>,
): Promise<Answer> {
  const askedAt = keeper.clock.now();
  try {
    const answer = await question();
    learn(keeper, answer.time, askedAt, keeper.clock.now());
    return answer;
  } catch (error) {
    lose(keeper, error);
    throw error;
  }
}

function lose(keeper: Keeper, error: unknown): void {
  if (keeper.closed || keeper.reach === 'LOST') return;
  const total = totalOf(keeper);
  if (keeper.reach === 'REACHED') {
    keeper.lostAt = latest(keeper);
    keeper.remembered = { total, until: Infinity };
  }
  const message = 'the store of shared budgets is lost: spending this process’s share of each limit alone';
  keeper.log.warn({ instances: total, error: String(error) }, message);
  beatAfter(keeper, RETRY_MS);
  turn(keeper, 'LOST');
}

function beatAfter(keeper: Keeper, ms: number): void {
  keeper.cancel();
  keeper.cancel = keeper.clock.after(ms, () => void beat(keeper));
}

async function beat(keeper: Keeper): Promise<void> {
  const { store, instance, log } = keeper;
  try {
    keeper.seen = await ask(keeper, () => store.beat({ instance, freshMs: FRESH_MS, goneMs: GONE_MS }));
  } catch {
    if (!keeper.closed) beatAfter(keeper, RETRY_MS);
    return;
  }
  if (keeper.closed) return;
  beatAfter(keeper, BEAT_MS);
  if (keeper.reach === 'LOST') {
    if (keeper.lostAt !== null) keeper.remembered = { ...keeper.remembered, until: now(keeper) + GONE_MS };
    log.info({ instances: totalOf(keeper) }, 'the store of shared budgets is back');
  }
  keeper.lostAt = null;
  turn(keeper, 'REACHED');
}

async function close(keeper: Keeper): Promise<void> {
  keeper.closed = true;
  keeper.reach = 'NEW';
  keeper.cancel();
  // Where the store is lost, nobody has to be told.
  await keeper.store.leave(keeper.instance).catch(() => undefined);
  await keeper.store.close();
}
