import type { Clock } from '../domain/clock.ts';
import { GatewayError } from '../domain/errors.ts';
import { describeError } from '../domain/redact.ts';
import type { StateStore } from '../state/state-store.ts';
import { failureOf } from './failures.ts';
import { NothingToRotateError, rotateWebhook, type RotateOptions } from './rotate.ts';
import { createSteps, type Place } from './steps.ts';

/** Milliseconds that the store may leave calls without an answer. */
const silentMs = 15_000;

export interface RotateCommand extends Omit<Place, 'store' | 'targetUrl' | 'workspaceId'> {
  /** null: HELPDESK_API_KEY and its workspace are not configured. */
  readonly workspaceId: string | null;
  /** null: PUBLIC_URL is not configured. */
  readonly targetUrl: string | null;
  /** The one that the running gateways use; null: they keep everything in memory. */
  readonly store: StateStore | null;
  /** Where that is, for whoever runs the command. @default 'the store' */
  readonly storeIs?: string;
  /** Tells whoever runs the command; a line each. */
  readonly say: (line: string) => void;
  /** Aborted when the command is to give up. */
  readonly signal: AbortSignal;
  /** @default see `RotateOptions` */
  readonly drainMs?: number;
}

/**
 * Exchanges the webhook and its secret, while gateways run or not: they learn of it through the store.
 * @returns the exit code of the program; 0: done
 */
export async function rotateCommand(command: RotateCommand): Promise<number> {
  const { workspaceId, targetUrl, store, storeIs = 'the store', say, signal, drainMs, clock } = command;
  if (workspaceId === null)
    return refuse(
      say,
      'HELPDESK_API_KEY and HELPDESK_WORKSPACE_ID are not set: there is no key to register a webhook with.',
    );
  if (store === null)
    return refuse(
      say,
      'Neither DATA_DIR nor REDIS_URL is set: the running gateway could not learn the new secret.',
    );
  if (targetUrl === null) return refuse(say, 'PUBLIC_URL is not set: the gateway has registered no webhook.');
  say(`Rotating the webhook of ${workspaceId} for ${targetUrl}`);
  // Waiting for others, and for the old webhook's last deliveries, is all the program has to do: it shall not end.
  const alive = setInterval(() => undefined, 60_000);
  let made = false;
  const watched = givingUp(store, clock);
  const options: RotateOptions = {
    signal: AbortSignal.any([signal, watched.silent]),
    ...(drainMs !== undefined && { drainMs }),
    onStep: (step, webhookId) => {
      made ||= step === 'MADE';
      say(told[step](webhookId));
    },
  };
  try {
    await rotateWebhook(createSteps({ ...command, workspaceId, targetUrl, store: watched.store }), options);
    return 0;
  } catch (error) {
    if (error instanceof NothingToRotateError) return refuse(say, nothingIn(storeIs));
    const why = signal.aborted
      ? 'given up'
      : watched.silent.aborted
        ? `${storeIs} has not answered for ${silentMs / 1_000} s (${describeError(watched.silent.reason).message})`
        : explain(error);
    return refuse(say, `Not finished: ${why}.${made ? left : ''}`);
  } finally {
    watched.end();
    clearInterval(alive);
  }
}

const nothingIn = (storeIs: string): string =>
  `There is nothing to rotate: ${storeIs} knows of no webhook. Is DATA_DIR, or REDIS_URL, that of the running gateway, and the working directory, too? The first webhook is made by a gateway when it starts.`;

/** The store, and a signal that is aborted once no call for a lease was answered for a while, with the error of one. */
function givingUp(store: StateStore, clock: Clock) {
  const silent = new AbortController();
  let cancel: (() => void) | null = null;
  const end = (): void => {
    cancel?.();
    cancel = null;
  };
  const lease: StateStore['lease'] = async (name, holder, ttlMs) => {
    try {
      const has = await store.lease(name, holder, ttlMs);
      end();
      return has;
    } catch (error) {
      cancel ??= clock.after(silentMs, () => silent.abort(error));
      throw error;
    }
  };
  return { store: { ...store, lease }, silent: silent.signal, end };
}

const told = {
  MADE: (id: string) => `Made     ${id}: its secret is stored, gateways take it from there.`,
  DELETED: (id: string) => `Deleted  ${id}: its secret stays valid for 15 more minutes.`,
};

function refuse(say: RotateCommand['say'], why: string): number {
  say(why);
  return 1;
}

const left = ' The new webhook is in use; a gateway’s next check deletes the old one.';

/** The error's own text is fit for it: a `GatewayError` is meant to be shown, others are redacted. */
function explain(error: unknown): string {
  const why = error instanceof GatewayError ? error.message : describeError(error).message;
  return `${failureOf(error).advice} (${why})`;
}
