import type { EventType, TicketRow } from './rows.ts';

/** How webhooks are delivered. Every member may be changed while the sandbox runs. */
export interface DeliveryBehaviour {
  /** Probability that a delivery that was taken is sent once more, under the same `webhook-id`. 0 to 1. @default 0 */
  readonly duplicates: number;
  /** Probability that a delivery is held back, so that later ones overtake it. 0 to 1. @default 0 */
  readonly disorder: number;
  /** How long a delivery is held back at most, for `disorder`. Milliseconds. @default 200 */
  readonly disorderMs: number;
  /** Pauses before the second, third, … attempt; after the last one it is given up. Milliseconds. @default [250, 1_000, 5_000, 15_000, 60_000] */
  readonly retryDelaysMs: readonly number[];
  /** How long one attempt may last. Milliseconds. @default 10,000 */
  readonly timeoutMs: number;
  /** Attempts under way at a time for each webhook; 1 keeps the order as long as none fails. @default 1 */
  readonly concurrency: number;
  /** Which targets are really sent to: `loopback` never leaves the machine, deliveries to other hosts are dropped. @default 'loopback' */
  readonly reach: 'loopback' | 'anywhere';
}

/** One attempt to deliver. */
export interface DeliveryAttempt {
  readonly webhookId: string;
  /** The `webhook-id` header: the same for every attempt and duplicate. */
  readonly messageId: string;
  readonly type: string;
  readonly ticketId: string | null;
  /** 1 for the first. */
  readonly attempt: number;
  /** Status of the answer; null: none came. */
  readonly status: number | null;
  /** When it was sent; milliseconds since the epoch. */
  readonly at: number;
}

/** The outgoing webhooks of all workspaces. */
export interface Deliveries {
  /** Attempts that ended, in that order. */
  readonly attempts: readonly DeliveryAttempt[];
  /** Deliveries that wait, are held back or under way now. */
  readonly pending: number;
  configure(behaviour: Partial<DeliveryBehaviour>): void;
  /** Events still pile up; nothing is sent until `resume`. */
  pause(): void;
  /** @param order in which to send what piled up. @default 'kept' */
  resume(order?: 'kept' | 'reversed' | 'shuffled'): void;
  /** Sends the message once more, under the same `webhook-id`, to the webhook it went to. Throws if it is unknown. */
  repeat(messageId: string): void;
  /** Sends an event that nothing caused, of any type, to the workspace's webhooks (of any subscription). @param workspaceId @default the first */
  send(event: { type: EventType | (string & {}); ticket: TicketRow | null }, workspaceId?: string): void;
  /** Resolves when nothing waits, is held back, retried or under way. While paused that is not before `resume`. */
  settled(): Promise<void>;
}

export const defaultDeliveries: DeliveryBehaviour = {
  duplicates: 0,
  disorder: 0,
  disorderMs: 200,
  retryDelaysMs: [250, 1_000, 5_000, 15_000, 60_000],
  timeoutMs: 10_000,
  concurrency: 1,
  reach: 'loopback',
};
