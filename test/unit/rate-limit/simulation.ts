/**
 * A backend's window and the way there and back, on a virtual clock, with everything a backend may do: windows by the
 * clock or by their first call, any rounding, clocks apart, answers late, out of order, without headers or never.
 */
import { createKeyLimiter, type KeyLimiter } from '../../../src/rate-limit/key-limiter.ts';
import type { Observation, Permit } from '../../../src/rate-limit/limiter.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const WINDOW_MS = 60_000;
const LONGEST_WAY_THERE_MS = 2_000;

export interface Scenario {
  readonly seed: number;
  readonly minutes: number;
  readonly limit: number;
  /** Windows begin with each minute of the backend's clock, or with the first call after the last one ended. */
  readonly windows: 'BY_CLOCK' | 'BY_FIRST_CALL';
  readonly rounding: 'UP' | 'DOWN' | 'NEAREST';
  /** Headers tell of the moment of counting, or of that of answering. */
  readonly headersOf: 'COUNTING' | 'ANSWERING';
  /** The backend's clock minus ours. */
  readonly skewMs: number;
  /** Answers carry `Date`. */
  readonly date: boolean;
  /** Mean of a usual round trip. */
  readonly tripMs: number;
  /** Part of the calls that take far longer, and how much longer at most. */
  readonly slowPart: number;
  readonly slowMs: number;
  /** They take longer to arrive, or, beyond two seconds, only to be answered. */
  readonly slowWay: 'THERE' | 'BACK';
  /** Part of the answers that have no headers. */
  readonly barePart: number;
  /** Part of the calls that are never answered; half of them were counted. */
  readonly lostPart: number;
  /** At each turnover the limit changes to between a third and three times of `limit`. */
  readonly limitChanges: boolean;
  /** Refused calls count. */
  readonly refusedCount: boolean;
  /** Calls that somebody else makes with the key, each minute. */
  readonly foreignPerMinute: number;
  /** Calls that had been made in the first window before we came. */
  readonly spentBefore: number;
  /** Part of the calls that are mutations. */
  readonly mutationPart: number;
  /** Calls that wait or are under way at any time; above `limit`, demand exceeds the budget. */
  readonly demand: number;
}

export interface SimulatedWindow {
  readonly limit: number;
  readonly used: number;
  /** Our calls that were refused in it. */
  readonly refused: number;
  /** Our calls that were sent while it ran and got lost on the way there. */
  readonly lost: number;
  readonly startedAt: number;
}

export interface Outcome {
  /** Complete windows, in order. The first one is that of the first call. */
  readonly windows: readonly SimulatedWindow[];
  readonly sent: number;
  /** Our calls that were refused. */
  readonly refused: number;
  /** Calls sent after a refusal was heard and before the moment it named. */
  readonly sentDespiteRefusal: number;
  /** How often we noticed that others spend the key. */
  readonly suspected: number;
  /** Stretches of a second and more in which no call was sent; `until` by the backend's clock. */
  readonly silences: readonly { readonly until: number; readonly ms: number }[];
}

/** A small generator of random numbers, good enough here and the same everywhere: xorshift32. */
function createRandom(seed: number): () => number {
  let state = (seed | 0) === 0 ? 0x9e3779b9 : seed | 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
}

interface Server {
  /** A call arrives. @returns whether it is accepted */
  count(foreign: boolean): boolean;
  /** A call of ours gets lost on its way. */
  lose(): void;
  /** What the headers say now. */
  headers(): Observation;
  retryAfterMs(): number;
  /** Those that have ended. */
  readonly windows: readonly SimulatedWindow[];
}

interface RunningWindow extends SimulatedWindow {
  used: number;
  refused: number;
  lost: number;
  readonly endsAt: number;
}

/** Moments are by the server's clock. */
function createServer(scenario: Scenario, serverNow: () => number, random: () => number): Server {
  const windows: SimulatedWindow[] = [];
  const round = { UP: Math.ceil, DOWN: Math.floor, NEAREST: Math.round }[scenario.rounding];
  let limit = scenario.limit;
  let window: RunningWindow | null = null;

  const begin = (): RunningWindow => {
    const now = serverNow();
    const startedAt = scenario.windows === 'BY_CLOCK' ? Math.floor(now / WINDOW_MS) * WINDOW_MS : now;
    return { limit, used: 0, refused: 0, lost: 0, startedAt, endsAt: startedAt + WINDOW_MS };
  };

  function end(over: RunningWindow): void {
    windows.push(over);
    window = null;
    if (scenario.limitChanges) limit = Math.floor(scenario.limit * (1 / 3 + random() * 2));
  }

  /** The window that runs, or that would begin now. */
  function running(): RunningWindow {
    if (window !== null && serverNow() >= window.endsAt) end(window);
    return window ?? begin();
  }

  return {
    windows,
    count(foreign) {
      const at = running();
      if (window === null && windows.length === 0) at.used = Math.min(at.limit, scenario.spentBefore);
      window = at;
      const accepted = at.used < at.limit;
      if (accepted || scenario.refusedCount) at.used += 1;
      if (!accepted && !foreign) at.refused += 1;
      return accepted;
    },
    lose() {
      running().lost += 1;
    },
    headers() {
      const at = running();
      return {
        limit: at.limit,
        remaining: Math.max(0, at.limit - at.used),
        resetAt: round(at.endsAt / 1000) * 1000,
      };
    },
    retryAfterMs: () => Math.max(1, Math.ceil((running().endsAt - serverNow()) / 1000)) * 1000,
  };
}

/** Runs one scenario to its end. */
export function simulate(scenario: Scenario): Outcome {
  const random = createRandom(scenario.seed);
  const clock = createVirtualClock(1_700_000_000_000 + Math.floor(random() * 3_600_000));
  const server = createServer(scenario, () => clock.now() + scenario.skewMs, random);
  let suspected = 0;
  const silent = (): void => undefined;
  const limiter: KeyLimiter = createKeyLimiter({
    keyId: 'simulated',
    defaultLimit: 400,
    windowMs: WINDOW_MS,
    maxQueued: 100_000,
    clock: { now: () => Math.floor(clock.now()), after: (ms, callback) => clock.after(ms, callback) },
    log: {
      debug: silent,
      info: (_fields, message) => {
        if (message === 'another program spends this key') suspected += 1;
      },
      warn: silent,
      error: silent,
    },
  });

  let sent = 0;
  let refused = 0;
  let silentUntil = 0;
  let sentDespiteRefusal = 0;
  const silences: { until: number; ms: number }[] = [];
  let lastSentAt = clock.now() + scenario.skewMs;

  function ask(): void {
    const priority = random() < scenario.mutationPart ? 'MUTATION' : 'QUERY';
    limiter.request({ priority, client: 'c', deadline: Infinity }, (result) => {
      if (result.allowed) travel(result.permit);
    });
  }

  function settleLater(ms: number, permit: Permit, observation: Observation | null): void {
    clock.after(ms, () => {
      const { retryAfterMs } = observation ?? {};
      if (retryAfterMs !== undefined) {
        refused += 1;
        silentUntil = Math.max(silentUntil, Math.floor(clock.now()) + retryAfterMs);
      }
      permit.settle(observation === null ? { kind: 'LOST' } : { kind: 'ANSWERED', observation });
      ask();
    });
  }

  /** A call is sent now. */
  function note(): void {
    const until = clock.now() + scenario.skewMs;
    sent += 1;
    if (clock.now() < silentUntil) sentDespiteRefusal += 1;
    if (until - lastSentAt >= 1000) silences.push({ until, ms: until - lastSentAt });
    lastSentAt = until;
  }

  function travel(permit: Permit): void {
    note();
    const usual = scenario.tripMs * (0.2 - Math.log(1 - random()) * 0.8);
    const extra = random() < scenario.slowPart ? random() * scenario.slowMs : 0;
    const trip = usual + extra;
    const extraThere = scenario.slowWay === 'THERE' ? extra : Math.min(extra, LONGEST_WAY_THERE_MS);
    const there = (usual + extraThere) * random();
    const lost = random() < scenario.lostPart;
    if (lost && random() < 0.5) {
      server.lose();
      settleLater(trip + 1000, permit, null);
      return;
    }
    clock.after(there, () => {
      const accepted = server.count(false);
      const counted = server.headers();
      const back = trip - there;
      if (lost) settleLater(back + 1000, permit, null);
      else if (scenario.headersOf === 'COUNTING') settleLater(back, permit, observed(accepted, counted));
      else {
        const processing = back * random();
        clock.after(processing, () => {
          settleLater(back - processing, permit, observed(accepted, server.headers()));
        });
      }
    });
  }

  function observed(accepted: boolean, headers: Observation): Observation {
    return {
      ...(random() < scenario.barePart ? {} : headers),
      ...(scenario.date && { serverTime: Math.floor((clock.now() + scenario.skewMs) / 1000) * 1000 }),
      ...(!accepted && { retryAfterMs: server.retryAfterMs() }),
    };
  }

  function spendElsewhere(): void {
    clock.after((-Math.log(1 - random()) * WINDOW_MS) / scenario.foreignPerMinute, () => {
      server.count(true);
      spendElsewhere();
    });
  }

  if (scenario.foreignPerMinute > 0) spendElsewhere();
  for (let asked = 0; asked < scenario.demand; asked += 1) ask();
  clock.advanceSync(scenario.minutes * WINDOW_MS);
  return { windows: server.windows, sent, refused, sentDespiteRefusal, suspected, silences };
}
