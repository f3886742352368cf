import { hash } from 'node:crypto';
import * as z from 'zod';
import type { WebhookReceiver } from '../../domain/backend.ts';
import { optionalAttributes, type TicketEvent } from '../../domain/event.ts';
import { eventTypes, toTicket } from './mapping.ts';
import { tolerance, type Verification, verify } from './signature.ts';
import { answers } from './wire.ts';

/** Deeper than any ticket; what is deeper could be stored, but not written out again. */
const maxDepth = 32;

/** What every delivery has, whatever its type. The rest of the ticket may be missing: a deleted one may be no more than its id. */
const envelope = z.object({
  type: z.string().min(1).max(200),
  timestamp: z.string().max(64).optional().catch(undefined),
  data: z.object({ ticket: z.object({ id: z.string().min(1).max(128) }) }),
});

const withTicket = z.object({ data: answers.ticket });

/**
 * Reads the deliveries of the Helpdesk API: genuine ones only, in our words. Pure.
 * A genuine delivery is refused only when it cannot be told which ticket it is of: an unknown type is UNKNOWN,
 * and a ticket that breaks the contract is left out, because that it changed is news all the same.
 */
export function createReceiver(): WebhookReceiver {
  return {
    receive: (delivery, secrets, now) => {
      const verified = verify(delivery, secrets, now);
      if (!verified.ok) return verified;
      const event = decode(delivery.body, verified, new Date(now).toISOString());
      return event === null ? { ok: false, reason: 'UNREADABLE' } : { ok: true, event };
    },
    toleranceMs: tolerance * 1000,
    channelOf,
  };
}

type Genuine = Extract<Verification, { readonly ok: true }>;

/** Each registration signs with a secret of its own. Nothing of the secret can be told from it. */
const channelOf = (secret: string): string => hash('sha256', `channel:${secret}`, 'base64url').slice(0, 12);

/** @param receivedAt ISO 8601 UTC */
function decode(body: Uint8Array, { signed, secret }: Genuine, receivedAt: string): TicketEvent | null {
  const json = parseJson(body);
  const { success, data: delivery } = envelope.safeParse(json);
  if (!success) return null;
  const { type, timestamp, data } = delivery;
  return {
    eventId: signed.id,
    type: eventTypes.read(type),
    typeRaw: type,
    ticketId: data.ticket.id,
    ...readTicket(json, receivedAt),
    occurredAt: isTime(timestamp) ? timestamp : new Date(signed.timestamp * 1000).toISOString(),
    source: 'WEBHOOK',
    channel: channelOf(secret),
  };
}

/** @returns undefined for what is no JSON */
function parseJson(body: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    return depthOf(text) > maxDepth ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** How deep arrays and objects nest in a JSON text. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === '"') quoted = !quoted;
    else if (quoted) index += character === '\\' ? 1 : 0;
    else if (character === '[' || character === '{') deepest = Math.max(deepest, ++depth);
    else if (character === ']' || character === '}') depth -= 1;
  }
  return deepest;
}

/** null where the delivery holds less than a ticket is nothing without. */
function readTicket(json: unknown, receivedAt: string): Pick<TicketEvent, 'ticket' | 'absent'> {
  const { success, data: read } = withTicket.safeParse(json);
  if (!success || !isTime(read.data.ticket.updatedAt)) return { ticket: null };
  const { ticket } = read.data;
  const absent = optionalAttributes.filter((name) => ticket[name] === undefined);
  return { ticket: toTicket(ticket, receivedAt), ...(absent.length > 0 && { absent }) };
}

const isTime = (text: string | undefined): text is string =>
  text !== undefined && !Number.isNaN(Date.parse(text));
