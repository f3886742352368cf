import type { Log } from '../domain/log.ts';
import { pause } from '../domain/pause.ts';
import { describeError } from '../domain/redact.ts';
import type { Webhook } from '../domain/webhook.ts';
import { keepLease, type KeptLease } from '../state/lease.ts';
import { checkRegistration } from './check.ts';
import { failureOf } from './failures.ts';
import { emptyRecord, readRecord, secretsIn, toBeDeleted, type RegistrationRecord } from './record.ts';
import { rotateWebhook, type RotateOptions } from './rotate.ts';
import { createSteps, exclusively, type Place, type Steps } from './steps.ts';
import { sameTarget } from './target.ts';

/** Milliseconds between two checks. */
const checkMs = 10 * 60_000;
/** Milliseconds a check’s word is taken for: three were missed by then. */
const confirmedMs = 3 * checkMs + 60_000;
/** Milliseconds before a failed check is repeated: doubled each time, at most `checkMs`. */
const firstRetryMs = 5_000;
/** Milliseconds between two looks at what other gateways have stored. */
const refreshMs = 30_000;
/** Milliseconds between two looks on demand, and for how long a delivery waits for one. */
const demandMs = 1_000;

export interface RegistrationOptions extends Place {
  /** Secrets of webhooks that people have registered; they stay valid. */
  readonly configuredSecrets: readonly string[];
  /** The channel of events whose deliveries a secret signed. */
  readonly channelOf: (secret: string) => string;
  /**
   * Whether it makes and keeps the webhook. Otherwise another gateway of the store does, and this one only learns the
   * secrets; `targetUrl` may then be ''. @default true
   */
  readonly keeps?: boolean;
  /** Spreads checks; from 0 up to, not including, 1. @default Math.random */
  readonly random?: () => number;
}

/** One workspace’s webhook, held by all gateways of one store together. */
export interface Registration {
  /** Begins to follow the store, and to check if it keeps the webhook. Nothing is asked before. */
  start(): void;
  /** Every secret that may have signed a delivery to the workspace; none for any other. */
  secretsOf(workspaceId: string): readonly string[];
  /**
   * For a delivery that no secret fits: another gateway may have made or rotated the webhook. However often it is asked,
   * the store is read once a second at most.
   * @returns whether there are other secrets now; never rejects
   */
  refresh(workspaceId: string): Promise<boolean>;
  /** Told of every genuine delivery. */
  heard(workspaceId: string, channel: string): void;
  /** Whether the backend is known to send the workspace's events here. */
  registered(workspaceId: string): boolean;
  /** Whether a webhook of the workspace is the registered one, or one made by people whose deliveries proved genuine. */
  feeds(workspaceId: string, webhook: Pick<Webhook, 'id' | 'targetUrl' | 'active'>): boolean;
  /** Rejects as the backend or the store does. */
  rotate(options: RotateOptions): Promise<void>;
  /** Ends what is under way. The webhook stays: events pile up with the backend while gateways are exchanged. */
  close(): Promise<void>;
}

interface Keeper extends RegistrationOptions {
  readonly steps: Steps;
  readonly random: () => number;
  readonly log: Log;
  /** As last stored or read. */
  record: RegistrationRecord;
  /** Grows with each change by this process, which what was read before does not know of. */
  changes: number;
  /** Whether the store does not have the record yet. */
  pending: boolean;
  /** Whether the log knows that the store cannot be read. */
  unreadable: boolean;
  /** Webhooks of others, of which people were told. */
  readonly told: Set<string>;
  /** Channels of secrets that people have configured, once a delivery came by them. */
  readonly heard: Set<string>;
  /** Looks at the store that are under way or recent. */
  look: { readonly at: number; readonly done: Promise<boolean> } | null;
  readonly ending: AbortController;
}

/** Makes and keeps a webhook with the backend, so that events come. Does nothing before `start`. */
export function createRegistration(options: RegistrationOptions): Registration {
  const remember: Steps['remember'] = (record, standing) => {
    keeper.record = record;
    keeper.pending = standing === 'PENDING';
    keeper.changes += 1;
  };
  const keeper: Keeper = {
    random: Math.random,
    ...options,
    steps: createSteps(options, remember),
    record: emptyRecord,
    changes: 0,
    pending: false,
    unreadable: false,
    told: new Set(),
    heard: new Set(),
    look: null,
    ending: new AbortController(),
  };
  const { workspaceId, configuredSecrets, clock, steps, ending } = keeper;
  const configured = new Set(configuredSecrets.map(options.channelOf));
  let lease: KeptLease | null = null;
  let started = false;
  return {
    start: () => {
      if (started || ending.signal.aborted) return;
      started = true;
      const { store, log, keeps = true } = keeper;
      if (keeps)
        lease = keepLease({
          store,
          name: steps.name,
          clock,
          log,
          work: (held) => keepChecking(keeper, held),
        });
      void follow(keeper);
    },
    secretsOf: (id) =>
      id === workspaceId ? [...secretsIn(keeper.record, clock.now()), ...configuredSecrets] : [],
    refresh: async (id) => id === workspaceId && refreshOnDemand(keeper),
    heard: (id, channel) => {
      if (id === workspaceId && configured.has(channel)) keeper.heard.add(channel);
    },
    registered: (id) => id === workspaceId && isConfirmed(keeper),
    feeds: (id, webhook) => id === workspaceId && feeds(keeper, webhook),
    rotate: (how) => rotateWebhook(steps, how),
    close: async () => {
      ending.abort();
      await lease?.stop();
      await keeper.look?.done;
    },
  };
}

const isConfirmed = ({ record: { current, confirmedAt }, clock }: Keeper): boolean =>
  current !== null && clock.now() - confirmedAt < confirmedMs;

function feeds(
  { record, heard, targetUrl }: Keeper,
  webhook: Pick<Webhook, 'id' | 'targetUrl' | 'active'>,
): boolean {
  if (!webhook.active) return false;
  const ours = [record.current?.webhookId, ...toBeDeleted(record).map(({ webhookId }) => webhookId)];
  return ours.includes(webhook.id) || (heard.size > 0 && sameTarget(webhook.targetUrl, targetUrl));
}

/** The work of the one gateway that has the lease. */
async function keepChecking(keeper: Keeper, held: AbortSignal): Promise<void> {
  let failures = 0;
  while (!held.aborted) {
    const error = await check(keeper, held);
    failures = error === null ? 0 : failures + 1;
    const ms = error === null ? spread(keeper, checkMs) : report(keeper, error.thrown, failures);
    await pause(keeper.clock, ms, held).catch(() => undefined);
  }
}

/** @returns null: all is well, or the lease is gone */
async function check(
  { steps, told }: Keeper,
  held: AbortSignal,
): Promise<{ readonly thrown: unknown } | null> {
  try {
    await exclusively(steps, held, (signal) => checkRegistration(steps, signal, told));
    return null;
  } catch (thrown) {
    return held.aborted ? null : { thrown };
  }
}

/** A tenth more or less, so that gateways do not ask all at once. */
const spread = ({ random }: Keeper, ms: number): number => ms * (0.9 + 0.2 * random());

/** @returns milliseconds to wait */
function report(keeper: Keeper, thrown: unknown, failures: number): number {
  const { advice, passing, retryAfterMs } = failureOf(thrown);
  const { workspaceId, targetUrl, log } = keeper;
  const backoff = passing ? Math.min(checkMs, firstRetryMs * 2 ** (failures - 1)) : checkMs;
  const ms = Math.max(spread(keeper, backoff), retryAfterMs);
  const fields = { workspaceId, targetUrl, retryInMs: Math.round(ms), error: describeError(thrown) };
  if (passing) log.warn(fields, `registration: not checked: ${advice}`);
  else log.error(fields, `registration: no webhook: ${advice}`);
  return ms;
}

/** What other gateways, or the command that rotates, have stored. */
async function follow(keeper: Keeper): Promise<void> {
  const { clock, ending } = keeper;
  while (!ending.signal.aborted) {
    await look(keeper).done;
    await pause(clock, refreshMs, ending.signal).catch(() => undefined);
  }
}

function look(keeper: Keeper): NonNullable<Keeper['look']> {
  const begun = { at: keeper.clock.now(), done: readAgain(keeper) };
  keeper.look = begun;
  return begun;
}

/** @returns whether there are secrets that were not known */
async function readAgain(keeper: Keeper): Promise<boolean> {
  const { clock, store, steps, workspaceId, log, changes } = keeper;
  try {
    const { record } = await readRecord(store, steps.name);
    keeper.unreadable = false;
    if (keeper.pending || keeper.changes !== changes) return true;
    const known = secretsIn(keeper.record, clock.now());
    keeper.record = record;
    return secretsIn(record, clock.now()).some((secret) => !known.includes(secret));
  } catch (error) {
    const message = 'registration: its secrets could not be read';
    if (!keeper.unreadable) log.warn({ workspaceId, error: describeError(error) }, message);
    keeper.unreadable = true;
    return false;
  }
}

async function refreshOnDemand(keeper: Keeper): Promise<boolean> {
  const { clock } = keeper;
  const last = keeper.look;
  const age = last === null ? Infinity : clock.now() - last.at;
  // A clock that was set back makes the last look no recent one.
  const { done } = last !== null && age >= 0 && age < demandMs ? last : look(keeper);
  const late = Promise.withResolvers<boolean>();
  const cancel = clock.after(demandMs, () => late.resolve(false));
  try {
    return await Promise.race([done, late.promise]);
  } finally {
    cancel();
  }
}
