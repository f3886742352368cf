import { isIPv6 } from 'node:net';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../domain/clock.ts';

export interface WebhookSendersOptions {
  /** Deliveries of one sender that may be refused within a minute; then it is held back. */
  readonly maxRefusedPerMinute: number;
  readonly clock: Pick<Clock, 'now'>;
}

/** What is worth a line in the log: how many deliveries were refused since the last one. null: nothing is. */
export type Notice = { readonly refused: number } | null;

/**
 * Who sends deliveries, by address. Only what is refused counts against a sender: however many events a genuine helpdesk
 * has to tell at once, it is never held back.
 */
export interface WebhookSenders {
  /** Milliseconds after which the sender may come again; 0: now. @param address as `ClientAddress` gave it */
  heldBackMs(address: string): number;
  refused(address: string): Notice;
  genuine(address: string): void;
}

const minuteMs = 60_000;

/**
 * Whoever sent something genuine is not held back for a day: where the helpdesk shares its address with others, behind a
 * proxy that the gateway was not told of, they could silence it otherwise.
 */
const trustMs = 86_400_000;

/** Senders that are remembered, those of lately; who is forgotten begins anew. */
const maxSenders = 10_000;

interface Sender {
  /** Refusals that are not made good by time yet: a minute makes good as many as are allowed in one. */
  level: number;
  /** When the level was that. */
  at: number;
  /** Refusals of which the log does not know. */
  untold: number;
  toldAt: number;
}

export function createWebhookSenders({ maxRefusedPerMinute, clock }: WebhookSendersOptions): WebhookSenders {
  const senders = new LRUCache<string, Sender>({ max: maxSenders });
  const trusted = new LRUCache<string, number>({ max: maxSenders });
  const perMs = maxRefusedPerMinute / minuteMs;

  const levelOf = ({ level, at }: Sender, now: number): number => Math.max(0, level - (now - at) * perMs);

  return {
    heldBackMs: (address) => {
      const name = networkOf(address);
      const now = clock.now();
      const sender = senders.get(name);
      if (sender === undefined) return 0;
      const excess = levelOf(sender, now) - (maxRefusedPerMinute - 1);
      if (excess <= 0) return 0;
      const genuineAt = trusted.get(name);
      return genuineAt !== undefined && now - genuineAt < trustMs ? 0 : excess / perMs;
    },
    refused: (address) => {
      const name = networkOf(address);
      const now = clock.now();
      const sender = senders.get(name) ?? { level: 0, at: now, untold: 0, toldAt: -Infinity };
      // No higher than where it is held back, so that whoever is trusted for a while owes no more than a minute afterwards.
      sender.level = Math.min(maxRefusedPerMinute, levelOf(sender, now) + 1);
      sender.at = now;
      sender.untold += 1;
      senders.set(name, sender);
      if (now - sender.toldAt < minuteMs) return null;
      const { untold } = sender;
      sender.toldAt = now;
      sender.untold = 0;
      return { refused: untold };
    },
    genuine: (address) => {
      trusted.set(networkOf(address), clock.now());
    },
  };
}

/** Whoever has one IPv6 address has all of its first 64 bits. */
function networkOf(address: string): string {
  const plain = address.replace(/^ip:/, '');
  if (!isIPv6(plain)) return address;
  const [head = '', tail] = plain.split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - after.length) }, () => '0');
  return `net:${[...groups, ...zeros, ...after].slice(0, 4).join(':')}`;
}
