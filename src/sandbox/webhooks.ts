import { Buffer } from 'node:buffer';
import type { Random } from './random.ts';
import { eventTypes } from './rows.ts';
import type { EventType, WebhookRow } from './rows.ts';

export interface WebhookValues {
  readonly name?: string;
  readonly targetUrl?: string;
  readonly events?: readonly EventType[];
  readonly active?: boolean;
}

/** The webhooks of one workspace. Secrets are kept beside the rows, so that no reply can show them by accident. */
export interface WebhookStore {
  /** Oldest first. */
  all(): WebhookRow[];
  get(id: string): WebhookRow | undefined;
  /** Several during a rotation; empty if there is no such webhook. */
  secretsOf(id: string): readonly string[];
  create(values: WebhookValues & { readonly targetUrl: string }, secrets?: readonly string[]): WebhookRow;
  update(webhook: WebhookRow, values: WebhookValues): WebhookRow;
  setSecrets(id: string, secrets: readonly string[]): void;
  delete(webhook: WebhookRow): void;
}

export function createWebhookStore(parts: {
  readonly nextId: () => string;
  readonly random: Random;
  /** ISO 8601 UTC. */
  readonly time: () => string;
}): WebhookStore {
  const { nextId, random, time } = parts;
  const rows = new Map<string, WebhookRow>();
  const secretsOf = new Map<string, readonly string[]>();
  const newSecret = (): string => `whsec_${Buffer.from(random.bytes(24)).toString('base64')}`;

  return {
    all: () => [...rows.values()],
    get: (id) => rows.get(id),
    secretsOf: (id) => secretsOf.get(id) ?? [],
    create: (values, secrets) => {
      const now = time();
      const row: WebhookRow = {
        id: nextId(),
        name: 'Unnamed',
        events: eventTypes,
        active: true,
        createdAt: now,
        updatedAt: now,
        ...values,
      };
      rows.set(row.id, row);
      secretsOf.set(row.id, secrets ?? [newSecret()]);
      return row;
    },
    update: (webhook, values) => {
      const row = { ...webhook, ...values, updatedAt: time() };
      rows.set(row.id, row);
      return row;
    },
    setSecrets: (id, secrets) => {
      if (rows.has(id)) secretsOf.set(id, secrets);
    },
    delete: (webhook) => {
      rows.delete(webhook.id);
      secretsOf.delete(webhook.id);
    },
  };
}
