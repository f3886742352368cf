import { randomBytes, randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

/** A signing secret as Helpdesk gives it out. */
export const newSecret = (): string => `whsec_${randomBytes(24).toString('base64')}`;

export interface DeliveryOptions {
  readonly secret: string;
  /** `webhook-id`. @default a new one */
  readonly id?: string;
  /** When it says it was signed. @default now */
  readonly at?: Date;
  /** Headers that replace the right ones. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Gives up. */
  readonly signal?: AbortSignal;
}

/** Sends one delivery, signed as Standard Webhooks has it. A body that is no string is sent as JSON. */
export async function deliver(url: string, body: unknown, options: DeliveryOptions): Promise<Response> {
  const { secret, id = `msg_${randomUUID()}`, at = new Date() } = options;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(url, {
    method: 'POST',
    signal: options.signal ?? null,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, at, text),
      ...options.headers,
    },
    body: text,
  });
}

/** What Helpdesk sends when a ticket changes. */
export const ticketDelivery = (type: string, ticket: Readonly<Record<string, unknown>>) => ({
  type,
  timestamp: new Date().toISOString(),
  data: {
    ticket: {
      id: 'tkt_delivered',
      subject: 'A ticket that came by webhook',
      status: 'open',
      priority: 'normal',
      type: 'question',
      assigneeId: null,
      requesterEmail: 'ada@example.com',
      requesterName: 'Ada',
      tags: [],
      customFields: [],
      createdAt: '2026-01-01T00:00:00Z',
      updatedAt: new Date().toISOString(),
      ...ticket,
    },
  },
});
