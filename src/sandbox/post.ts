import { Agent } from 'undici';
import { Webhook } from 'standardwebhooks';
import type { Clock } from '../domain/clock.ts';

/** One webhook message, unsigned. */
export interface Message {
  /** The `webhook-id` header: the same for every attempt and duplicate. */
  readonly id: string;
  readonly webhookId: string;
  readonly type: string;
  readonly ticketId: string | null;
  readonly body: string;
}

/** Signs and sends webhooks (Standard Webhooks: standardwebhooks.com, `v1` symmetric). */
export interface Post {
  /**
   * One attempt. The status of the answer; null: none came in time.
   * @param at goes into `webhook-timestamp`; milliseconds since the epoch
   */
  send(
    message: Message,
    to: { readonly url: string; readonly secrets: readonly string[] },
    at: number,
    timeoutMs: number,
  ): Promise<number | null>;
  /** Gives up what is under way. */
  close(): Promise<void>;
}

export function createPost(clock: Clock): Post {
  const agent = new Agent();
  const signers = new Map<string, Webhook>();
  const signerOf = (secret: string): Webhook => {
    const signer = signers.get(secret) ?? new Webhook(secret);
    signers.set(secret, signer);
    return signer;
  };

  return {
    send: async ({ id, body }, { url, secrets }, at, timeoutMs) => {
      const { origin, pathname, search } = new URL(url);
      const signatures = secrets.map((secret) => signerOf(secret).sign(id, new Date(at), body));
      const abort = new AbortController();
      const cancel = clock.after(timeoutMs, () => {
        abort.abort();
      });
      try {
        const answer = await agent.request({
          origin,
          path: pathname + search,
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'user-agent': 'Helpdesk-Sandbox',
            'webhook-id': id,
            'webhook-timestamp': String(Math.floor(at / 1000)),
            ...(signatures.length > 0 && { 'webhook-signature': signatures.join(' ') }),
          },
          body,
          signal: abort.signal,
        });
        await answer.body.dump();
        return answer.statusCode;
      } catch {
        // Refused, reset or timed out: for the sender they are one, an attempt without an answer.
        return null;
      } finally {
        cancel();
      }
    },
    close: () => agent.destroy(),
  };
}
