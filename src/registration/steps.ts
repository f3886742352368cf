import type { BackendKind, BackendSession } from '../domain/backend.ts';
import type { Clock } from '../domain/clock.ts';
import { GatewayError } from '../domain/errors.ts';
import { ticketEventTypes } from '../domain/event.ts';
import type { Log } from '../domain/log.ts';
import { describeError } from '../domain/redact.ts';
import type { Webhook } from '../domain/webhook.ts';
import type { StateStore } from '../state/state-store.ts';
import { underLease } from '../state/under-lease.ts';
import {
  registrationName,
  toBeDeleted,
  withDeleted,
  writeRecord,
  type RegistrationRecord,
  type StoredRecord,
} from './record.ts';
import { webhookName } from './target.ts';

/** Pages of webhooks that are read; a list that goes on is no list of webhooks. */
const maxPages = 100;
/** Milliseconds; a process that dies while it changes a registration holds up others no longer. */
const changeTtlMs = 6_000;

export type Webhooks = BackendSession['webhooks'];

/** Whose registration it is, and by what it is kept. */
export interface Place {
  readonly kind: BackendKind;
  readonly workspaceId: string;
  /** Where the backend shall send events. */
  readonly targetUrl: string;
  /** Begins an operation with the server’s key. */
  readonly session: (signal: AbortSignal) => Pick<BackendSession, 'webhooks'>;
  /** Rows of a page of webhooks; the backend’s `capabilities.maxPageSize` at most. */
  readonly pageSize: number;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Steps extends Place {
  readonly name: string;
  /** Told what holds from now on, also before it is stored (PENDING): deliveries may come at once. */
  readonly remember: (record: RegistrationRecord, standing: 'PENDING' | 'STORED') => void;
}

export const createSteps = (place: Place, remember: Steps['remember'] = () => undefined): Steps => ({
  ...place,
  name: registrationName(place.kind, place.workspaceId),
  remember,
});

/** Changes of a registration exclude each other, whichever process makes them. */
export const exclusively = <T>(
  { store, name, clock, log }: Steps,
  signal: AbortSignal,
  change: (held: AbortSignal) => Promise<T>,
): Promise<T> =>
  underLease({ store, name: `${name}:change`, clock, log, ttlMs: changeTtlMs, signal }, change);

export async function listWebhooks(webhooks: Webhooks, pageSize: number): Promise<Webhook[]> {
  const listed: Webhook[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < maxPages; page += 1) {
    const { items, nextCursor }: Awaited<ReturnType<Webhooks['list']>> = await webhooks.list({
      size: pageSize,
      cursor,
    });
    listed.push(...items);
    if (nextCursor === null) return listed;
    cursor = nextCursor;
  }
  throw new Error(`the list of webhooks has no end within ${maxPages} pages`);
}

/** Makes a webhook. Its secret is told once, so if it cannot be kept, the webhook goes again. */
export async function makeWebhook(
  steps: Steps,
  webhooks: Webhooks,
  { from, before }: { readonly from: RegistrationRecord; readonly before: StoredRecord },
): Promise<{ readonly stored: StoredRecord; readonly webhookId: string }> {
  const { workspaceId, targetUrl, clock, log } = steps;
  const { webhook, signingSecret } = await webhooks.create({
    name: webhookName(targetUrl),
    targetUrl,
    events: ticketEventTypes,
    active: true,
  });
  const current = { webhookId: webhook.id, secret: signingSecret };
  const record: RegistrationRecord = { ...from, current, confirmedAt: clock.now() };
  steps.remember(record, 'PENDING');
  let stored: StoredRecord;
  try {
    stored = await writeRecord(steps.store, steps.name, before, record);
  } catch (error) {
    steps.remember(before.record, 'STORED');
    await takeBack(steps, webhook.id);
    throw error;
  }
  steps.remember(record, 'STORED');
  log.info({ workspaceId, webhookId: webhook.id, targetUrl }, 'registration: webhook made');
  return { stored, webhookId: webhook.id };
}

async function takeBack({ session, workspaceId, log }: Steps, webhookId: string): Promise<void> {
  try {
    await session(new AbortController().signal).webhooks.delete(webhookId);
  } catch (error) {
    const fields = { workspaceId, webhookId, error: describeError(error) };
    log.error(
      fields,
      'registration: a webhook whose secret could not be kept is left; the next check deletes it',
    );
  }
}

/** Deletes what was retired; what cannot be deleted stays retired. @returns also the ids */
export async function deleteRetired(
  steps: Steps,
  webhooks: Webhooks,
  before: StoredRecord,
): Promise<{ readonly stored: StoredRecord; readonly deleted: readonly string[] }> {
  const deleted: string[] = [];
  let stored = before;
  for (const { webhookId } of toBeDeleted(before.record)) {
    await deleteIfThere(webhooks, webhookId);
    deleted.push(webhookId);
    const record = withDeleted(stored.record, webhookId, steps.clock.now());
    stored = await writeRecord(steps.store, steps.name, stored, record);
    steps.remember(record, 'STORED');
    steps.log.info({ workspaceId: steps.workspaceId, webhookId }, 'registration: old webhook deleted');
  }
  return { stored, deleted };
}

export async function deleteIfThere(webhooks: Webhooks, id: string): Promise<void> {
  try {
    await webhooks.delete(id);
  } catch (error) {
    if (!(error instanceof GatewayError && error.category === 'NOT_FOUND')) throw error;
  }
}
