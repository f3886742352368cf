import type { BackendSession } from '../../../src/domain/backend.ts';
import { BackendError, type GatewayErrorOptions } from '../../../src/domain/errors.ts';
import type { ErrorCode } from '../../../src/domain/error-codes.ts';
import { ticketEventTypes } from '../../../src/domain/event.ts';
import type { Log } from '../../../src/domain/log.ts';
import type { Webhook } from '../../../src/domain/webhook.ts';
import { createRegistration, type RegistrationOptions } from '../../../src/registration/registration.ts';
import { createMemoryState } from '../../../src/state/memory-state.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { searched } from '../../support/log-sink.ts';

export const workspaceId = 'ws_1';
export const targetUrl = 'https://gateway.example.com/webhooks/helpdesk/ws_1';
export const ownName = 'GraphQL gateway at gateway.example.com';

type Webhooks = BackendSession['webhooks'];

/** An error as the REST client makes it. */
export const refusal = (code: ErrorCode, status: number, options: GatewayErrorOptions = {}): BackendError =>
  new BackendError(
    code,
    `the backend says ${code}`,
    { kind: 'HELPDESK', status, operation: 'GET /webhooks', attempts: 1 },
    options,
  );

/** The webhooks of one workspace at a backend that pages by two. */
export function createHelpdesk() {
  const rows = new Map<string, Webhook>();
  const calls: string[] = [];
  let ids = 0;
  /** What a call rejects with, before it does anything; null: it works. */
  let failing: (call: string) => Error | null = () => null;
  /** Runs before a call answers. */
  let during: (call: string) => Promise<void> = async () => undefined;

  const answer = async <T>(call: string, make: () => T): Promise<T> => {
    calls.push(call);
    await Promise.resolve();
    const error = failing(call);
    if (error !== null) throw error;
    const made = make();
    await during(call);
    return made;
  };
  const need = (id: string): Webhook => {
    const row = rows.get(id);
    if (row === undefined) throw refusal('NOT_FOUND', 404);
    return row;
  };
  const add = (values: Partial<Webhook> = {}): Webhook => {
    ids += 1;
    const row: Webhook = {
      id: `whk_${ids}`,
      name: 'Somebody’s',
      targetUrl,
      events: ticketEventTypes,
      eventsRaw: [],
      active: true,
      createdAt: '2026-01-01T00:00:00Z',
      updatedAt: '2026-01-01T00:00:00Z',
      ...values,
    };
    rows.set(row.id, row);
    return row;
  };
  const secretOf = (id: string): string =>
    `whsec_${Buffer.from(`the long secret of ${id}`).toString('base64')}`;
  const webhooks: Webhooks = {
    list: ({ cursor }) =>
      answer('list', () => {
        const all = [...rows.values()];
        const from = cursor === null ? 0 : Number(cursor);
        return {
          items: all.slice(from, from + 2),
          nextCursor: from + 2 < all.length ? String(from + 2) : null,
        };
      }),
    get: (id) => answer(`get ${id}`, () => rows.get(id) ?? null),
    create: (input) =>
      answer('create', () => {
        const webhook = add(input);
        return { webhook, signingSecret: secretOf(webhook.id) };
      }),
    update: (id, patch) =>
      answer(`update ${id}`, () => {
        const row = { ...need(id), ...patch };
        rows.set(id, row);
        return row;
      }),
    delete: (id) =>
      answer(`delete ${id}`, () => {
        need(id);
        rows.delete(id);
      }),
  };
  return {
    webhooks,
    rows,
    add,
    secretOf,
    /** Without those that only read. */
    changes: () => calls.filter((call) => !/^(list|get)/.test(call)),
    calls,
    fail: (how: typeof failing) => {
      failing = how;
    },
    meanwhile: (how: typeof during) => {
      during = how;
    },
  };
}

export type Line = readonly [level: keyof Log, message: string, fields: object];

export function createRecordingLog(): { readonly log: Log; readonly lines: Line[] } {
  const lines: Line[] = [];
  const at =
    (level: keyof Log) =>
    (fields: object, message: string): void => {
      lines.push([level, message, fields]);
    };
  const log = searched({ debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') });
  return { log, lines };
}

/** A deployment: one helpdesk, one store, and as many gateways as a test starts. */
export function createDeployment() {
  const clock = createVirtualClock();
  const store = createMemoryState({ clock });
  const helpdesk = createHelpdesk();
  const { log, lines } = createRecordingLog();
  const place = {
    kind: 'HELPDESK',
    workspaceId,
    targetUrl,
    session: () => ({ webhooks: helpdesk.webhooks }),
    pageSize: 2,
    store,
    clock,
    log,
  } as const;
  return {
    clock,
    store,
    helpdesk,
    lines,
    place,
    gateway: (options: Partial<RegistrationOptions> = {}) =>
      createRegistration({
        ...place,
        configuredSecrets: [],
        channelOf: (secret) => `channel of ${secret}`,
        random: () => 0.5,
        ...options,
      }),
  };
}
