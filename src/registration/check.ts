import { GatewayError } from '../domain/errors.ts';
import { ticketEventTypes } from '../domain/event.ts';
import type { Webhook } from '../domain/webhook.ts';
import {
  assertUnchanged,
  confirmed,
  readRecord,
  toBeDeleted,
  withoutCurrent,
  writeRecord,
  type RegistrationRecord,
  type StoredRecord,
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
  const current = await findCurrent(webhooks, listed, before.record);
  if (current !== null) await repair(steps, webhooks, current);
  const found = { listed, before, told };
  const held = current === null ? await makeAnother(steps, webhooks, found) : { stored: before, listed };
  const { stored } = await deleteRetired(steps, webhooks, held.stored);
  await clearStrays(steps, webhooks, { ...found, listed: held.listed, stored });
  const checked = confirmed(stored.record, steps.clock.now());
  await writeRecord(steps.store, steps.name, stored, checked);
  steps.remember(checked, 'STORED');
}

interface Found {
  readonly listed: readonly Webhook[];
  readonly before: StoredRecord;
  readonly told: Set<string>;
}

/**
 * A backend may forbid two webhooks for one target: then what is ours and in the way goes first.
 * @returns also what is left of those that were listed
 */
async function makeAnother(
  steps: Steps,
  webhooks: Webhooks,
  found: Found,
): Promise<{ readonly stored: StoredRecord; readonly listed: readonly Webhook[] }> {
  const { before, listed } = found;
  const from = withoutCurrent(before.record, 'GONE', steps.clock.now());
  try {
    const { stored } = await makeWebhook(steps, webhooks, { from, before });
    return { stored, listed };
  } catch (error) {
    if (!(error instanceof GatewayError && error.category === 'CONFLICT')) throw error;
    const { stored, deleted } = await deleteRetired(steps, webhooks, before);
    const cleared = await clearStrays(steps, webhooks, { ...found, stored });
    if (deleted.length === 0 && cleared.size === 0) throw error;
    const again = withoutCurrent(stored.record, 'GONE', steps.clock.now());
    const made = await makeWebhook(steps, webhooks, { from: again, before: stored });
    return { stored: made.stored, listed: listed.filter(({ id }) => !cleared.has(id)) };
  }
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

/**
 * Webhooks for our receiver that are none of ours: nobody here knows what they are signed with.
 * @returns the ids of those that it deleted
 */
async function clearStrays(
  { targetUrl, workspaceId, log, store, name: recordName }: Steps,
  webhooks: Webhooks,
  found: Found & { readonly stored: StoredRecord },
): Promise<ReadonlySet<string>> {
  const { listed, stored, before, told } = found;
  const retired = toBeDeleted(before.record).map(({ webhookId }) => webhookId);
  const ours = new Set([stored.record.current?.webhookId, ...retired]);
  const cleared = new Set<string>();
  for (const { id: webhookId, name, targetUrl: target } of listed) {
    if (ours.has(webhookId) || !sameTarget(target, targetUrl)) continue;
    const fields = { workspaceId, webhookId };
    if (name === webhookName(targetUrl)) {
      // It may be what another process has made since.
      await assertUnchanged(store, recordName, stored);
      await deleteIfThere(webhooks, webhookId);
      cleared.add(webhookId);
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
  return cleared;
}
