import type { Clock } from '../../src/domain/clock.ts';
import type { LimiterRegistry } from '../../src/rate-limit/limiter.ts';
import type { Turn } from './turns.ts';

export interface Witness {
  readonly limiters: LimiterRegistry;
  /** Every call that ever asked, in that order. */
  readonly turns: readonly Turn[];
  /** The key that was used last; null: none was. */
  readonly keyId: string | null;
}

/** Passes every call on to the real limiters, and writes down in which order calls asked and were served. */
export function createWitness(limiters: LimiterRegistry, clock: Clock): Witness {
  const turns: { -readonly [Name in keyof Turn]: Turn[Name] }[] = [];
  let moment = 0;
  let keyId: string | null = null;
  return {
    turns,
    get keyId() {
      return keyId;
    },
    limiters: {
      of: (id) => {
        keyId = id;
        const limiter = limiters.of(id);
        return {
          budget: () => limiter.budget(),
          take: async (request) => {
            const { client, priority } = request;
            const turn: (typeof turns)[number] = {
              client,
              priority,
              asked: ++moment,
              left: null,
              fate: 'WAITING',
              askedAt: clock.now(),
              leftAt: null,
            };
            turns.push(turn);
            const end = (fate: Turn['fate']) => {
              Object.assign(turn, { fate, left: ++moment, leftAt: clock.now() });
            };
            try {
              const result = await limiter.take(request);
              end(result.allowed ? 'SENT' : result.reason);
              return result;
            } catch (error) {
              end('LEFT');
              throw error;
            }
          },
        };
      },
    },
  };
}
