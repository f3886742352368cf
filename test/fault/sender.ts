import { setTimeout as pause } from 'node:timers/promises';
import { deliver } from '../support/delivery.ts';
import type { Delivery } from './storm.ts';

export interface SenderOptions {
  /** Where deliveries may go; whoever does not take one is passed over at its next attempt. */
  readonly receivers: readonly string[];
  readonly secret: string;
  /** Deliveries a second, first attempts only. */
  readonly perSecond: number;
  /** Part of the deliveries that are sent twice at once, and part of them that are sent again although they were taken. */
  readonly repeated: number;
  readonly random: () => number;
  /** Resolves once the delivery at a place may be sent. @default at once */
  readonly mayGo?: (place: number) => Promise<void>;
}

export interface SenderFigures {
  /** Deliveries that were answered 2xx. */
  readonly taken: number;
  /** Sent again although taken. */
  readonly duplicates: number;
  /** Sent again because they were not, or nobody knows. */
  readonly retries: number;
  /** Milliseconds of the longest wait for a 2xx, all attempts together. */
  readonly longestMs: number;
}

/** Sends as real ones do: at least once, each again until it is answered 2xx, several at a time. */
export interface Sender {
  readonly figures: SenderFigures;
  /** Ids that were answered 2xx. */
  readonly taken: ReadonlySet<string>;
  /** Resolves once everything was taken. Rejects where the answer is one that no repetition changes. */
  send(deliveries: readonly Delivery[]): Promise<void>;
}

/** Milliseconds between two attempts of one delivery: longer each time, as real senders do, but not by hours. */
const retryMs = (retries: number): number => Math.min(1000, 100 * 2 ** retries);
/** Deliveries under way at a time. */
const atATime = 64;
/** Milliseconds after which an attempt is given up. */
const patienceMs = 6000;

export function createSender(options: SenderOptions): Sender {
  const { receivers, secret, perSecond, repeated, random, mayGo } = options;
  const taken = new Set<string>();
  const figures = { taken: 0, duplicates: 0, retries: 0, longestMs: 0 };
  let turn = 0;

  const attempt = async ({ id, body }: Delivery): Promise<boolean> => {
    turn += 1;
    const receiver = receivers[turn % receivers.length] ?? '';
    try {
      const response = await deliver(receiver, body, { id, secret, signal: AbortSignal.timeout(patienceMs) });
      await response.arrayBuffer();
      if (response.status >= 400 && response.status < 500) {
        throw new RangeError(`a genuine delivery was answered ${response.status}`);
      }
      return response.ok;
    } catch (error) {
      if (error instanceof RangeError) throw error;
      return false;
    }
  };
  /** Two at the same moment, as of a sender that has lost count. */
  const twice = async (delivery: Delivery): Promise<boolean> => {
    figures.duplicates += 1;
    const [first, second] = await Promise.all([attempt(delivery), attempt(delivery)]);
    return first || second;
  };
  const sendOne = async (delivery: Delivery): Promise<void> => {
    const began = Date.now();
    let isTaken = await (random() < repeated ? twice(delivery) : attempt(delivery));
    for (let retries = 0; !isTaken; retries += 1) {
      figures.retries += 1;
      await pause(retryMs(retries));
      isTaken = await attempt(delivery);
    }
    taken.add(delivery.id);
    figures.taken += 1;
    figures.longestMs = Math.max(figures.longestMs, Date.now() - began);
    if (random() < repeated) {
      figures.duplicates += 1;
      // Whether it is taken again is nobody's concern, also not where the gateway is gone.
      await attempt(delivery);
    }
  };
  return {
    figures,
    taken,
    send: async (deliveries) => {
      const began = Date.now();
      const waiting = deliveries.entries();
      const work = async (): Promise<void> => {
        for (const [place, delivery] of waiting) {
          const early = began + (place * 1000) / perSecond - Date.now();
          if (early > 0) await pause(early);
          await mayGo?.(place);
          await sendOne(delivery);
        }
      };
      await Promise.all(Array.from({ length: atATime }, work));
    },
  };
}
