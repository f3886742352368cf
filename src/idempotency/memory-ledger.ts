import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import { replayMs, type Begun, type Fate, type IdempotencyLedger, type Result } from './ledger.ts';

export interface MemoryLedgerOptions {
  readonly clock: Clock;
  /** Hears when results are forgotten before their time. */
  readonly log: Log;
  /** Characters of known results kept, as JSON; beyond, the one unused longest goes. @default 64 Mi */
  readonly maxCharacters?: number;
  /** Unknown outcomes kept; beyond, the one unused longest goes. @default 100,000 */
  readonly maxUnknown?: number;
}

interface Claim {
  readonly claim: string;
  readonly fingerprint: string;
  readonly cancelTimer: () => void;
  readonly over: PromiseWithResolvers<void>;
}

interface Known {
  readonly fingerprint: string;
  readonly result: Exclude<Result, { readonly kind: 'UNKNOWN' }>;
}

type Unknown = Pick<Claim, 'claim' | 'fingerprint'>;

/** Milliseconds between two looks for results whose time is over, while nothing else happens. */
const sweepMs = 60_000;
/** What an entry takes beside its result. */
const overhead = 300;

/**
 * A ledger that lives as long as the process. What is under way is never forgotten; results and unknown outcomes are
 * bounded apart from each other, so that the many do not push out the grave.
 */
export function createMemoryLedger(options: MemoryLedgerOptions): IdempotencyLedger {
  const { clock, log } = options;
  const claims = new Map<string, Claim>();
  // By size, each being one: for a bound by count the cache would take all the room at once.
  const unknown = new LRUCache<string, Unknown>({
    maxSize: options.maxUnknown ?? 100_000,
    sizeCalculation: () => 1,
  });
  const known = createResults(clock, log, options.maxCharacters ?? 64 * 1024 * 1024);

  /** Ends a claim: whoever waits for it looks again. */
  const end = (slot: string, { cancelTimer, over }: Claim): void => {
    claims.delete(slot);
    cancelTimer();
    over.resolve();
  };
  /** Nobody can tell any more what became of it; only its holder may, later. */
  const giveUp = (slot: string, held: Claim): void => {
    unknown.set(slot, { claim: held.claim, fingerprint: held.fingerprint });
    end(slot, held);
  };
  const start = (slot: string, fingerprint: string, until: number): Begun => {
    const claim = randomUUID();
    const cancelTimer = clock.after(Math.max(0, until - clock.now()), () => giveUp(slot, entry));
    const entry: Claim = { claim, fingerprint, cancelTimer, over: Promise.withResolvers<void>() };
    claims.set(slot, entry);
    return { kind: 'STARTED', claim };
  };
  const keep = (slot: string, entry: Unknown, fate: Fate): void => {
    unknown.delete(slot);
    if (fate.kind === 'UNKNOWN') {
      unknown.set(slot, { claim: entry.claim, fingerprint: entry.fingerprint });
    } else if (fate.kind !== 'UNDONE') known.set(slot, { fingerprint: entry.fingerprint, result: fate });
  };

  return {
    begin: async (slot, fingerprint, until) => {
      const held = claims.get(slot);
      const lost = unknown.get(slot);
      const found = held ?? lost ?? known.get(slot);
      if (found === undefined) return start(slot, fingerprint, until);
      if (found.fingerprint !== fingerprint) return { kind: 'OTHER_INPUT' };
      if (held) return { kind: 'UNDER_WAY' };
      return 'result' in found ? found.result : { kind: 'UNKNOWN' };
    },
    settle: async (slot, claim, fate) => {
      const held = claims.get(slot);
      const entry = held ?? unknown.peek(slot);
      if (entry?.claim !== claim) return;
      keep(slot, entry, fate);
      if (held) end(slot, held);
    },
    settled: async (slot, signal) => {
      signal.throwIfAborted();
      const held = claims.get(slot);
      if (held) await unlessAborted(held.over.promise, signal);
    },
    close: async () => {
      // Whoever still waits must not take the end for leave to begin.
      for (const [slot, claim] of claims) giveUp(slot, claim);
      known.clear();
    },
  };
}

/** Known results, each for its time. They hold what tickets hold: when their time is over they go, asked for or not. */
function createResults(clock: Clock, log: Log, maxCharacters: number) {
  let cancelSweep: (() => void) | null = null;
  let warnAgainAt = 0;
  const results = new LRUCache<string, Known>({
    maxSize: maxCharacters,
    sizeCalculation: ({ result }) => JSON.stringify(result).length + overhead,
    ttl: replayMs,
    // Ask the clock every time.
    ttlResolution: 0,
    perf: { now: () => clock.now() },
    dispose: (_result, _slot, reason) => {
      if (reason !== 'evict' || clock.now() < warnAgainAt) return;
      warnAgainAt = clock.now() + replayMs;
      log.warn({ maxCharacters }, 'Results of idempotent writes are forgotten early: there are too many.');
    },
  });
  const sweep = (): void => {
    results.purgeStale();
    cancelSweep = results.size > 0 ? clock.after(sweepMs, sweep) : null;
  };
  return {
    get: (slot: string): Known | undefined => results.get(slot),
    set: (slot: string, entry: Known): void => {
      results.set(slot, entry);
      cancelSweep ??= clock.after(sweepMs, sweep);
    },
    clear: (): void => {
      cancelSweep?.();
      cancelSweep = null;
      results.clear();
    },
  };
}

/** Waits for what never rejects. @throws the signal's reason */
async function unlessAborted(wait: Promise<void>, signal: AbortSignal): Promise<void> {
  const left = Promise.withResolvers<void>();
  const leave = (): void => left.resolve();
  signal.addEventListener('abort', leave, { once: true });
  try {
    await Promise.race([wait, left.promise]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
  signal.throwIfAborted();
}
