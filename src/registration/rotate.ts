import { pause } from '../domain/pause.ts';
import { readRecord, withoutCurrent } from './record.ts';
import { deleteRetired, exclusively, makeWebhook, type Steps } from './steps.ts';

export interface RotateOptions {
  readonly signal: AbortSignal;
  /**
   * Milliseconds from the making of the new webhook to the deletion of the old one, with which a backend may forget
   * what it has still to deliver. @default 10,000
   */
  readonly drainMs?: number;
  /** Told of each step when it is done. */
  readonly onStep?: (step: 'MADE' | 'DELETED', webhookId: string) => void;
}

/** The store knows of no webhook: it is another than that of the gateways, or none of them has registered one yet. */
export class NothingToRotateError extends Error {
  override readonly name = 'NothingToRotateError';
}

/**
 * A new webhook with a new secret, then the old one goes. In between both deliver, which the event log sees to.
 * If it fails after the new one was made, that one is in use, and the next check of a gateway deletes the old one.
 * @throws NothingToRotateError before anything is asked: the first webhook is made by a gateway
 */
export const rotateWebhook = (steps: Steps, options: RotateOptions): Promise<void> =>
  exclusively(steps, options.signal, async (held) => {
    const { drainMs = 10_000, onStep } = options;
    const now = steps.clock.now();
    const before = await readRecord(steps.store, steps.name);
    if (before.record.current === null) throw new NothingToRotateError('the store knows of no webhook');
    const from = withoutCurrent(before.record, 'TO_BE_DELETED', now);
    const made = await makeWebhook(steps, steps.session(held).webhooks, { from, before });
    onStep?.('MADE', made.webhookId);
    await pause(steps.clock, drainMs, held);
    const { deleted } = await deleteRetired(steps, steps.session(held).webhooks, made.stored);
    for (const webhookId of deleted) onStep?.('DELETED', webhookId);
  });
