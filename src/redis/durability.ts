import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Log } from '../domain/log.ts';

/** Whether what Redis has acknowledged outlives its end. */
export type Durability =
  | { readonly kind: 'DURABLE' }
  /** Each setting that is weak, as `name value`. */
  | { readonly kind: 'WEAK'; readonly faults: readonly string[] }
  /** The server does not tell its settings, as managed ones often do not. */
  | { readonly kind: 'UNKNOWN'; readonly reason: string };

/** Each write is on the disk before it is acknowledged, and nothing is dropped when memory is short. */
const needed = [
  ['appendonly', 'yes'],
  ['appendfsync', 'always'],
  // With `yes` nothing is brought to the disk while Redis rewrites its file.
  ['no-appendfsync-on-rewrite', 'no'],
  ['maxmemory-policy', 'noeviction'],
] as const;

/** The settings as they should be. */
export const advice = needed.map((pair) => pair.join(' ')).join(', ');

const setting = z.tuple([z.string(), z.string()]);

/**
 * Reads the settings that decide it. Replication is not among them: a failover to a replica may lose the last seconds
 * whatever they are.
 * @throws when the server is out of reach
 */
export async function readDurability(redis: Redis): Promise<Durability> {
  const answers = await Promise.allSettled(needed.map(([name]) => redis.config('GET', name)));
  const faults: string[] = [];
  for (const [at, [name, value]] of needed.entries()) {
    const answer = answers[at];
    // Without an answer there is nothing to judge; a refusal is an answer.
    if (answer?.status === 'rejected' && !isRefusal(answer.reason)) throw answer.reason;
    const found = answer?.status === 'fulfilled' ? setting.safeParse(answer.value).data?.[1] : undefined;
    if (found === undefined) return { kind: 'UNKNOWN', reason: `it does not tell its ${name}` };
    if (found !== value) faults.push(`${name} ${found}`);
  }
  return faults.length === 0 ? { kind: 'DURABLE' } : { kind: 'WEAK', faults };
}

/** An error that the server sent. */
const isRefusal = (reason: unknown): boolean => reason instanceof Error && reason.name === 'ReplyError';

/** Looks at the settings whenever the server is connected, and says once what may be lost under weak ones. */
export function warnOfWeakness(redis: Redis, log: Pick<Log, 'warn'> | undefined): void {
  let told = '';
  const look = async (): Promise<void> => {
    const found = await readDurability(redis);
    const text = warningOf(found);
    if (text !== null && text !== told) log?.warn({ durability: found }, text);
    told = text ?? '';
  };
  // Lost again meanwhile: the next connection is looked at.
  redis.on('ready', () => void look().catch(() => undefined));
}

/** null: nothing to warn of. */
function warningOf(found: Durability): string | null {
  if (found.kind === 'DURABLE') return null;
  const loss = 'Seconds of acknowledged events may be lost when Redis or its machine fails';
  return found.kind === 'WEAK'
    ? `${loss}: it has ${found.faults.join(', ')}. Events are safe with ${advice}.`
    : `Nobody can tell whether Redis keeps what it acknowledges (${found.reason}). ${loss}, unless it has ${advice}.`;
}
