import { GatewayError } from '../domain/errors.ts';
import { describeError } from '../domain/redact.ts';
import type { StateStore } from '../state/state-store.ts';
import { failureOf } from './failures.ts';
import { rotateWebhook, type RotateOptions } from './rotate.ts';
import { createSteps, type Place } from './steps.ts';

export interface RotateCommand extends Omit<Place, 'store' | 'targetUrl' | 'workspaceId'> {
  /** null: HELPDESK_API_KEY and its workspace are not configured. */
  readonly workspaceId: string | null;
  /** null: PUBLIC_URL is not configured. */
  readonly targetUrl: string | null;
  /** The one that the running gateways use; null: they keep everything in memory. */
  readonly store: StateStore | null;
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
  const { workspaceId, targetUrl, store, say, signal, drainMs } = command;
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
  const options: RotateOptions = {
    signal,
    ...(drainMs !== undefined && { drainMs }),
    onStep: (step, webhookId) => {
      made ||= step === 'MADE';
      say(told[step](webhookId));
    },
  };
  try {
    await rotateWebhook(createSteps({ ...command, workspaceId, targetUrl, store }), options);
    return 0;
  } catch (error) {
    return refuse(say, `Not finished: ${signal.aborted ? 'given up' : explain(error)}.${made ? left : ''}`);
  } finally {
    clearInterval(alive);
  }
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
