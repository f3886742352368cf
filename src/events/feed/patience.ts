import type { Clock } from '../../domain/clock.ts';
import { GatewayError } from '../../domain/errors.ts';
import type { Log } from '../../domain/log.ts';

/** Milliseconds before the log is asked again: the first time, doubling, and at most. */
const firstMs = 100;
const longestMs = 2_000;

export interface PatienceOptions {
  readonly clock: Clock;
  readonly outage: Outage;
  /** Whether there is still somebody who wants the answer. */
  readonly wanted: () => boolean;
}

/** What all who wait for one log know of it, so that an outage is told once. */
export interface Outage {
  began(error: unknown): void;
  over(): void;
}

export function createOutage(log: Pick<Log, 'info' | 'warn'>): Outage {
  let told = false;
  return {
    began: (error) => {
      if (!told) log.warn({ err: error }, 'The event log is out of reach. Subscriptions wait for it.');
      told = true;
    },
    over: () => {
      if (told) log.info({}, 'The event log is in reach again.');
      told = false;
    },
  };
}

export const isOutOfReach = (error: unknown): boolean =>
  error instanceof GatewayError && error.code === 'EVENT_LOG_UNAVAILABLE';

/** Asks a log again and again while it is out of reach. */
export class Patience {
  readonly #options: PatienceOptions;
  #wake: (() => void) | null = null;

  constructor(options: PatienceOptions) {
    this.#options = options;
  }

  /** Rejects with any other failure, and with this one once the answer is not wanted any more. */
  async ask<T>(question: () => Promise<T>): Promise<T> {
    const { outage, wanted } = this.#options;
    for (let ms = firstMs, waited = false; ; ms = Math.min(longestMs, ms * 2), waited = true) {
      try {
        const answer = await question();
        if (waited) outage.over();
        return answer;
      } catch (error) {
        if (!isOutOfReach(error) || !wanted()) throw error;
        outage.began(error);
        await this.#pause(ms);
        if (!wanted()) throw error;
      }
    }
  }

  /** To be called when the log may be in reach again, or when the answer is not wanted any more. */
  hurry(): void {
    this.#wake?.();
  }

  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(ms, resolve);
    this.#wake = resolve;
    await promise;
    this.#wake = null;
    cancel();
  }
}
