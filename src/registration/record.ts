import { z } from 'zod';
import type { BackendKind } from '../domain/backend.ts';
import type { StateStore } from '../state/state-store.ts';

/** Milliseconds a secret stays valid after its webhook is gone: deliveries and their retries are on the way. */
const graceMs = 15 * 60_000;

const recordSchema = z.object({
  version: z.literal(1),
  /** The webhook that the gateways of this store have made and listen to; null: none yet. */
  current: z.object({ webhookId: z.string(), secret: z.string() }).nullable(),
  /** Those before it. */
  retired: z.array(
    z.object({
      webhookId: z.string(),
      secret: z.string(),
      /** When the secret ceases to be valid, milliseconds since the epoch; null: the webhook is still to be deleted. */
      until: z.number().nullable(),
    }),
  ),
  /** When the backend was last seen to have the current one, active; milliseconds since the epoch. */
  confirmedAt: z.number(),
});

/** What the gateways on one store know of a workspace’s registration. Secrets are in it. */
export type RegistrationRecord = z.infer<typeof recordSchema>;
export type RetiredWebhook = RegistrationRecord['retired'][number];

export const emptyRecord: RegistrationRecord = { version: 1, current: null, retired: [], confirmedAt: 0 };

/** Names a workspace’s registration in the store, and its leases. */
export const registrationName = (kind: BackendKind, workspaceId: string): string =>
  `registration:${kind.toLowerCase()}:${workspaceId}`;

/** A record as it stands in the store. */
export interface StoredRecord {
  readonly record: RegistrationRecord;
  /** null: nothing stands there. */
  readonly text: string | null;
}

/** What is there and is no record counts as none: then a new webhook is made, and the old one found by its name. */
export async function readRecord(store: Pick<StateStore, 'get'>, name: string): Promise<StoredRecord> {
  const text = await store.get(name);
  if (text === null) return { record: emptyRecord, text };
  const parsed = recordSchema.safeParse(parseJson(text));
  return { record: parsed.success ? parsed.data : emptyRecord, text };
}

/**
 * Puts a record in the place of the one it was made of.
 * @throws Error when another process has changed that meanwhile: this one stood still for longer than its lease
 */
export async function writeRecord(
  store: Pick<StateStore, 'swap'>,
  name: string,
  before: StoredRecord,
  record: RegistrationRecord,
): Promise<StoredRecord> {
  const text = JSON.stringify(record);
  if (await store.swap(name, before.text, text)) return { record, text };
  throw changedMeanwhile();
}

/** For what is no write. @throws Error as `writeRecord` */
export async function assertUnchanged(
  store: Pick<StateStore, 'get'>,
  name: string,
  before: StoredRecord,
): Promise<void> {
  if ((await store.get(name)) !== before.text) throw changedMeanwhile();
}

const changedMeanwhile = (): Error => new Error('another process has changed the registration meanwhile');

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Every secret that may have signed a delivery, the newest first. @param now milliseconds since the epoch */
export const secretsIn = ({ current, retired }: RegistrationRecord, now: number): string[] => [
  ...(current === null ? [] : [current.secret]),
  ...retired.filter(({ until }) => until === null || now < until).map(({ secret }) => secret),
];

/** The current one makes room for another. @param fate whether the backend still has it */
export function withoutCurrent(
  record: RegistrationRecord,
  fate: 'TO_BE_DELETED' | 'GONE',
  now: number,
): RegistrationRecord {
  const { current, retired } = record;
  if (current === null) return record;
  const until = fate === 'GONE' ? now + graceMs : null;
  return { ...record, current: null, retired: [{ ...current, until }, ...retired] };
}

/** A retired webhook is gone; its secret goes a while later. */
export const withDeleted = (
  record: RegistrationRecord,
  webhookId: string,
  now: number,
): RegistrationRecord => ({
  ...record,
  retired: record.retired.map((webhook) =>
    webhook.webhookId === webhookId && webhook.until === null
      ? { ...webhook, until: now + graceMs }
      : webhook,
  ),
});

/** Seen to be in order now; secrets whose time is over are forgotten. */
export const confirmed = (record: RegistrationRecord, now: number): RegistrationRecord => ({
  ...record,
  retired: record.retired.filter(({ until }) => until === null || now < until),
  confirmedAt: now,
});

export const toBeDeleted = ({ retired }: RegistrationRecord): RetiredWebhook[] =>
  retired.filter(({ until }) => until === null);
