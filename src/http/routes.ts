import type { Log } from '../domain/log.ts';
import { describeError } from '../domain/redact.ts';
import type { Admitted, RequestHead } from './admission.ts';
import { answerJson, refuse, type Answer } from './answers.ts';
import { BodyCutError, BodyTooLargeError } from './body.ts';
import type { ClientAddress, Peer } from './client.ts';
import type { MetricsRoute } from './metrics-route.ts';
import { answerReadiness, type Readiness } from './readiness.ts';
import { failed, notFound, tooLarge, type Refusal } from './refusals.ts';
import type { WebhookRoute } from './webhook-route.ts';

/** A request that was admitted, free of the transport that brought it. */
export interface Incoming {
  readonly head: RequestHead;
  readonly admitted: Admitted;
  /** @throws BodyTooLargeError, BodyCutError */
  readonly readBody: () => Promise<Buffer>;
  readonly peer: Peer;
  /** Aborted when the client goes away before its answer is complete. */
  readonly signal: AbortSignal;
}

export interface RoutesOptions {
  readonly graphiql: (header: RequestHead['header']) => Promise<Answer>;
  readonly webhook: WebhookRoute;
  readonly addressOf: ClientAddress;
  readonly readiness: () => Readiness;
  /** null: there is no such page. */
  readonly metrics: MetricsRoute | null;
  /** Bytes of a body. */
  readonly maxBodyBytes: number;
  readonly log: Log;
}

/** Answers whatever is not for GraphQL. Never rejects. */
export function createRoutes(options: RoutesOptions): (incoming: Incoming) => Promise<Answer> {
  const { graphiql, webhook, addressOf, readiness, metrics, maxBodyBytes, log } = options;

  const deliver = async ({ admitted, head, peer, readBody }: Incoming): Promise<Answer> => {
    const { header } = head;
    const workspaceId = admitted.path.split('/').slice(3).join('/');
    const sender = addressOf(peer, header('x-forwarded-for'));
    try {
      return await webhook({ workspaceId, header, sender, readBody });
    } catch (error) {
      if (error instanceof BodyTooLargeError) return refuse(tooLarge(maxBodyBytes));
      // Nobody reads this answer.
      if (error instanceof BodyCutError) return refuse(cut);
      throw error;
    }
  };

  const route = async (incoming: Incoming): Promise<Answer> => {
    const { admitted, head } = incoming;
    if (admitted.preflight) return preflight;
    if (admitted.route === 'health') return answerJson(200, { status: 'ok' });
    if (admitted.route === 'readiness') return answerReadiness(readiness());
    if (admitted.route === 'metrics') return metrics ? metrics(head.header) : refuse(notFound);
    if (admitted.route === 'webhook') return deliver(incoming);
    return graphiql(head.header);
  };

  return async (incoming) => {
    try {
      return await route(incoming);
    } catch (error) {
      log.error({ error: describeError(error), route: incoming.admitted.route }, 'request failed');
      return refuse(failed);
    }
  };
}

const preflight: Answer = {
  status: 204,
  headers: {
    allow: 'GET, POST, OPTIONS',
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': [
      'accept',
      'authorization',
      'cache-control',
      'content-type',
      'last-event-id',
      'readafter',
      'traceparent',
      'tracestate',
      'x-api-key',
      'x-client-id',
      'x-deadline-ms',
      'x-workspace-id',
    ].join(', '),
    // Seconds.
    'access-control-max-age': '600',
  },
  body: null,
};

const cut: Refusal = { status: 400, code: 'INVALID_REQUEST', message: 'The body was cut.' };
