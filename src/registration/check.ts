import { ticketEventTypes } from '../domain/event.ts';
import type { Webhook } from '../domain/webhook.ts';
import {
  confirmed,
  readRecord,
  toBeDeleted,
  withoutCurrent,
  writeRecord,
  type RegistrationRecord,
} from './record.ts';
import {
  deleteIfThere,
  deleteRetired,
  listWebhooks,
  makeWebhook,
  type Steps,
  type Webhooks,
} from './steps.ts';
import { sameTarget, webhookName } from './target.ts';

/**
 * Looks whether the backend sends this gateway every event, and sees to it. Changes of others are excluded meanwhile.
 * @param told ids of which people were told; grows
 */
export async function checkRegistration(steps: Steps, signal: AbortSignal, told: Set<string>): Promise<void> {
  const { webhooks } = steps.session(signal);
  const before = await readRecord(steps.store, steps.name);
  const listed = await listWebhooks(webhooks, steps.pageSize);
  signal.throwIfAborted();
  const current = await findCurrent(webhooks, listed, before);
  if (current !== null) await repair(steps, webhooks, current);
  const now = steps.clock.now();
  const { record: held } =
    current === null
      ? await makeWebhook(steps, webhooks, { from: withoutCurrent(before, 'GONE', now), before })
      : { record: before };
  const { record } = await deleteRetired(steps, webhooks, held);
  await clearStrays(steps, webhooks, { listed, record, before, told });
  const checked = confirmed(record, steps.clock.now());
  await writeRecord(steps.store, steps.name, checked);
  steps.remember(checked, 'STORED');
}

/** A list that changed while it was read may lack a row: asked for by its id, it is there or not. */
async function findCurrent(
  webhooks: Webhooks,
  listed: readonly Webhook[],
  { current }: RegistrationRecord,
): Promise<Webhook | null> {
  if (current === null) return null;
  return listed.find(({ id }) => id === current.webhookId) ?? webhooks.get(current.webhookId);
}

async function repair(
  { targetUrl, workspaceId, log }: Steps,
  webhooks: Webhooks,
  { id, active, ...webhook }: Webhook,
): Promise<void> {
  const moved = !sameTarget(webhook.targetUrl, targetUrl);
  const missing = ticketEventTypes.filter((type) => !webhook.events.includes(type));
  if (active && !moved && missing.length === 0) return;
  await webhooks.update(id, {
    active: true,
    events: ticketEventTypes,
    ...(moved && { targetUrl, name: webhookName(targetUrl) }),
  });
  const fields = { workspaceId, webhookId: id, wasActive: active, missing, moved };
  log.warn(fields, 'registration: webhook repaired');
}

/** Webhooks for our receiver that are none of ours: nobody here knows what they are signed with. */
async function clearStrays(
  { targetUrl, workspaceId, log }: Steps,
  webhooks: Webhooks,
  found: {
    readonly listed: readonly Webhook[];
    readonly record: RegistrationRecord;
    readonly before: RegistrationRecord;
    readonly told: Set<string>;
  },
): Promise<void> {
  const { listed, record, before, told } = found;
  const ours = new Set([record.current?.webhookId, ...toBeDeleted(before).map(({ webhookId }) => webhookId)]);
  for (const { id: webhookId, name, targetUrl: target } of listed) {
    if (ours.has(webhookId) || !sameTarget(target, targetUrl)) continue;
    const fields = { workspaceId, webhookId };
    if (name === webhookName(targetUrl)) {
      await deleteIfThere(webhooks, webhookId);
      log.warn(
        fields,
        'registration: deleted a webhook of this gateway’s name whose secret is not known here; if another gateway made it, let both share one REDIS_URL',
      );
    } else if (!told.has(webhookId)) {
      told.add(webhookId);
      log.warn(
        fields,
        'registration: another webhook has this gateway’s receiver as its target; delete it, or put its secret into HELPDESK_WEBHOOK_SECRET',
      );
    }
  }
}
