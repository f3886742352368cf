import { describeError } from '../domain/redact.ts';
import { connectRedis, withoutArguments } from '../redis/connection.ts';
import { advice, readDurability } from '../redis/durability.ts';
import { findingsOf, type Finding } from './finding.ts';

/** Whether Redis answers, and keeps what it acknowledges. */
export async function checkRedis(url: string): Promise<Finding> {
  const { ok, warn, fail } = findingsOf('redis');
  let last: Error | null = null;
  const connection = connectRedis({ url, timeoutMs: 3000, onError: (error) => (last ??= error) });
  try {
    await connection.tried;
    const began = performance.now();
    await connection.redis.ping();
    const tookMs = (performance.now() - began).toFixed(1);
    const found = await readDurability(connection.redis);
    const answers = `answers within ${tookMs} ms`;
    if (found.kind === 'DURABLE') return ok(`${answers} and keeps what it acknowledges.`);
    const why = found.kind === 'WEAK' ? `it has ${found.faults.join(', ')}` : found.reason;
    return warn(
      `${answers}, but acknowledged events may be lost when it or its machine fails (${why}).`,
      `Set ${advice}.`,
    );
  } catch (error) {
    const { message } = describeError(withoutArguments(last ?? error));
    return fail(
      `does not answer (${message}).`,
      'See whether REDIS_URL names it, with its password, and whether it can be reached from here.',
    );
  } finally {
    await connection.close();
  }
}
