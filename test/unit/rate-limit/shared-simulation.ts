/**
 * Several processes on one key and one store, against a backend's window, on a virtual clock: the store is slow, is lost
 * for some or for all, comes back empty, and processes end with calls in flight.
 */
import type { Log } from '../../../src/domain/log.ts';
import type { Observation, Permit } from '../../../src/rate-limit/limiter.ts';
import {
  createSharedLimiterRegistry,
  type SharedLimiterRegistry,
} from '../../../src/rate-limit/shared-limiter.ts';
import type { SharedStore } from '../../../src/rate-limit/shared-store.ts';
import { createModelStore } from '../../support/shared-store.ts';
import { createVirtualClock, type VirtualClock } from '../../support/virtual-clock.ts';

const WINDOW_MS = 60_000;

/** From and until are minutes from the start. */
export interface Outage {
  readonly from: number;
  readonly until: number;
  readonly empties: boolean;
  /** The only process that is cut off. @default all are */
  readonly cutsOff?: number;
}

export interface SharedScenario {
  readonly seed: number;
  readonly minutes: number;
  readonly limit: number;
  readonly processes: number;
  readonly windows: 'BY_CLOCK' | 'BY_FIRST_CALL';
  /** The backend's clock minus the store's. */
  readonly skewMs: number;
  /** Clocks of the processes are apart by up to so much. */
  readonly apartMs: number;
  readonly tripMs: number;
  /** Mean time of a question to the store. */
  readonly storeMs: number;
  /** Calls that each process has waiting or under way. */
  readonly demand: number;
  /** When the store is lost, and whether with all it holds. */
  readonly outage: Outage | null;
}

export interface SharedWindow {
  used: number;
  refused: number;
  /** Calls of each process that were counted in it. */
  readonly by: number[];
  readonly startedAt: number;
}

export interface SharedOutcome {
  readonly start: number;
  readonly windows: readonly SharedWindow[];
  readonly registries: readonly SharedLimiterRegistry[];
}

function createRandom(seed: number): () => number {
  let state = (seed | 0) === 0 ? 0x9e3779b9 : seed | 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
}

const silent = (): void => undefined;
const log: Log = { debug: silent, info: silent, warn: silent, error: silent };

/** A store at some distance: what is asked arrives later, and its answer later again. */
function distant(
  store: SharedStore,
  clock: VirtualClock,
  meanMs: number,
  random: () => number,
  isCut: () => boolean,
): SharedStore {
  const pass = (): Promise<void> =>
    meanMs === 0
      ? Promise.resolve()
      : new Promise((resolve) => clock.after(-Math.log(1 - random()) * (meanMs / 2), () => resolve()));
  const far =
    <Arguments extends unknown[], Answer>(method: (...args: Arguments) => Promise<Answer>) =>
    async (...args: Arguments): Promise<Answer> => {
      await pass();
      if (isCut()) throw new Error('the store cannot be reached');
      try {
        return await method(...args);
      } finally {
        await pass();
      }
    };
  return {
    read: far(store.read),
    swap: far(store.swap),
    beat: far(store.beat),
    leave: far(store.leave),
    close: store.close,
  };
}

export async function simulateShared(scenario: SharedScenario): Promise<SharedOutcome> {
  const random = createRandom(scenario.seed);
  const clock = createVirtualClock(1_700_000_000_000 + Math.floor(random() * 3_600_000));
  const start = clock.now();
  const model = createModelStore(clock);
  const windows: SharedWindow[] = [];
  let cut: number | null = null;
  const serverNow = (): number => clock.now() + scenario.skewMs;

  function running(): SharedWindow {
    const last = windows.at(-1);
    if (last !== undefined && serverNow() < last.startedAt + WINDOW_MS) return last;
    const now = serverNow();
    const startedAt = scenario.windows === 'BY_CLOCK' ? Math.floor(now / WINDOW_MS) * WINDOW_MS : now;
    const next: SharedWindow = {
      used: 0,
      refused: 0,
      by: Array.from({ length: scenario.processes }, () => 0),
      startedAt,
    };
    windows.push(next);
    return next;
  }

  function answer(process: number): Observation {
    const window = running();
    const accepted = window.used < scenario.limit;
    if (accepted) {
      window.used += 1;
      window.by[process] = (window.by[process] ?? 0) + 1;
    } else window.refused += 1;
    const endsAt = window.startedAt + WINDOW_MS;
    return {
      limit: scenario.limit,
      remaining: scenario.limit - window.used,
      resetAt: Math.ceil(endsAt / 1000) * 1000,
      serverTime: Math.floor(serverNow() / 1000) * 1000,
      ...(!accepted && { retryAfterMs: Math.ceil((endsAt - serverNow()) / 1000) * 1000 }),
    };
  }

  function run(process: number): SharedLimiterRegistry {
    const ahead = Math.round((random() * 2 - 1) * scenario.apartMs);
    const registry = createSharedLimiterRegistry({
      store: distant(model, clock, scenario.storeMs, random, () => cut === process),
      instance: `process ${process}`,
      defaultLimit: scenario.limit,
      clock: {
        now: () => Math.floor(clock.now() + ahead),
        after: (ms, callback) => clock.after(ms, callback),
      },
      log,
    });
    const limiter = registry.of('key');
    const { signal } = new AbortController();
    const ask = async (): Promise<void> => {
      const result = await limiter.take({
        priority: 'QUERY',
        client: 'c',
        deadline: Infinity,
        signals: [signal],
      });
      if (result.allowed) travel(result.permit);
    };
    const travel = (permit: Permit): void => {
      const trip = scenario.tripMs * (0.2 - Math.log(1 - random()) * 0.8);
      const there = trip * random();
      clock.after(there, () => {
        const observation = answer(process);
        clock.after(trip - there, () => {
          permit.settle({ kind: 'ANSWERED', observation });
          void ask();
        });
      });
    };
    for (let asked = 0; asked < scenario.demand; asked += 1) void ask();
    return registry;
  }

  const registries = Array.from({ length: scenario.processes }, (_, process) => run(process));
  const { outage } = scenario;
  if (outage === null) await clock.advance(scenario.minutes * WINDOW_MS);
  else {
    await clock.advance(outage.from * WINDOW_MS);
    if (outage.cutsOff === undefined) model.fail();
    else cut = outage.cutsOff;
    await clock.advance((outage.until - outage.from) * WINDOW_MS);
    if (outage.empties) model.forget();
    model.recover();
    cut = null;
    await clock.advance((scenario.minutes - outage.until) * WINDOW_MS);
  }
  return { start: start + scenario.skewMs, windows, registries };
}
