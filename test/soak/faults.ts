import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../../src/sandbox/faults.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import type { RedisServer } from '../support/redis.ts';

/** What befalls requests, for some seconds each, then the next. */
const weather: readonly (readonly Fault[])[] = [
  [],
  [{ kind: 'error', code: 'RATE_LIMIT_EXCEEDED', retryAfter: 1, probability: 0.1 }],
  [{ kind: 'error', code: 'DATABASE_TIMEOUT', status: 503, retryAfter: 1, probability: 0.2 }],
  [{ kind: 'html', status: 504, probability: 0.2 }],
  [{ kind: 'latency', ms: 400, jitterMs: 2000, probability: 0.3 }],
  [],
  [
    { kind: 'reset', when: 'after-reading', probability: 0.1 },
    { kind: 'reset', when: 'in-body', probability: 0.1 },
  ],
  [
    { kind: 'truncated', probability: 0.1 },
    { kind: 'endless', how: 'stall', probability: 0.02 },
    { kind: 'silence', probability: 0.02 },
  ],
  [{ kind: 'missing-headers', probability: 0.5 }],
];

/** Milliseconds of each weather. */
const spellMs = 3000;
/** After so many spells the helpdesk is down for a while, and then Redis hangs for a while. */
const spellsToOutage = 7;

/** Goes through all of it, again and again, until told to stop; then all is well again. Rejects never. */
export async function befall(
  sandbox: Sandbox,
  redis: RedisServer | null,
  signal: AbortSignal,
): Promise<void> {
  const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal }).catch(() => undefined);
  for (let spell = 1; !signal.aborted; spell += 1) {
    sandbox.faults.clear();
    for (const fault of weather[spell % weather.length] ?? []) sandbox.faults.set(fault);
    await pause(spellMs);
    if (spell % spellsToOutage !== 0 || signal.aborted) continue;
    await sandbox.goDown();
    await pause(spellMs);
    await sandbox.comeBack();
    redis?.freeze();
    await pause(spellMs);
    redis?.thaw();
  }
  sandbox.faults.clear();
}
