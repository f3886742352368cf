import { z } from 'zod';
import { demand, text, unwrap } from './bodies.ts';
import { detail, refuseIfAny } from './errors.ts';
import { eventTypes } from './rows.ts';
import type { WebhookValues } from './webhooks.ts';

const attributes = z.object({
  name: text(255).exactOptional(),
  targetUrl: text(2_048).exactOptional(),
  events: z.array(z.enum(eventTypes)).min(1).exactOptional(),
  active: z.boolean().exactOptional(),
});
const created = attributes.extend({
  name: text(255),
  targetUrl: text(2_048),
  events: z.array(z.enum(eventTypes)).min(1),
});

export const isLoopback = (url: URL): boolean =>
  url.hostname === 'localhost' || url.hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(url.hostname);

function refuseTarget(target: string | undefined, httpTargets: boolean): void {
  if (target === undefined) return;
  const url = URL.parse(target);
  const fits = url?.protocol === 'https:' || (httpTargets && url?.protocol === 'http:' && isLoopback(url));
  if (!fits) refuseIfAny(detail('targetUrl', 'INVALID', 'Target url must be an HTTPS URL'));
}

const once = <T>(items: readonly T[]): T[] => [...new Set(items)];

/** The body of `POST /webhooks`. Throws BAD_REQUEST or VALIDATION_ERROR. */
export function readNewWebhook(
  body: unknown,
  httpTargets: boolean,
): WebhookValues & { readonly targetUrl: string } {
  const data = demand(created, unwrap(body, 'webhook'));
  refuseTarget(data.targetUrl, httpTargets);
  return { ...data, events: once(data.events) };
}

/** The body of `PUT /webhooks/:id`. Throws BAD_REQUEST or VALIDATION_ERROR. */
export function readWebhookChange(body: unknown, httpTargets: boolean): WebhookValues {
  const { events, ...data } = demand(attributes, unwrap(body, 'webhook'));
  refuseTarget(data.targetUrl, httpTargets);
  return events ? { ...data, events: once(events) } : data;
}
