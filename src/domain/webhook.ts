import type { TicketEventType } from './event.ts';
import type { Unknown } from './ticket.ts';

/** A registration with the backend: which events it sends where. */
export interface Webhook {
  readonly id: string;
  readonly name: string;
  readonly targetUrl: string;
  readonly events: readonly (TicketEventType | Unknown)[];
  /** The events in the backend's spelling, in the same order. */
  readonly eventsRaw: readonly string[];
  readonly active: boolean;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface WebhookPatch {
  readonly name?: string;
  readonly targetUrl?: string;
  readonly events?: readonly TicketEventType[];
  readonly active?: boolean;
}

export interface WebhookInput extends WebhookPatch {
  readonly name: string;
  readonly targetUrl: string;
  readonly events: readonly TicketEventType[];
}

/** The signing secret is in the answer to the creation and nowhere else, ever. */
export interface CreatedWebhook {
  readonly webhook: Webhook;
  readonly signingSecret: string;
}
