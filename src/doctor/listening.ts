import { once } from 'node:events';
import { createServer } from 'node:net';
import { z } from 'zod';
import { describeError } from '../domain/redact.ts';
import { findingsOf, type Finding } from './finding.ts';

/** Milliseconds to wait for an answer of a gateway on this machine. */
const patienceMs = 3000;

export interface ListeningCheck {
  readonly finding: Finding;
  /** `http://…` of the gateway that runs; null: none does. */
  readonly origin: string | null;
}

/** Whether the address can be had, or is had by a gateway already. */
export async function checkListening(host: string, port: number): Promise<ListeningCheck> {
  const { ok, warn, fail } = findingsOf('port');
  if (port === 0) return { finding: ok('any that is free.'), origin: null };
  const taken = await whyTaken(host, port);
  if (taken === null)
    return { finding: ok(`${port} of ${host} is free: no gateway runs there.`), origin: null };
  if (taken !== 'EADDRINUSE') {
    const cure = 'Set HOST to an address of this machine, and PORT to one that this user may use.';
    return { finding: fail(`${port} of ${host} cannot be had (${taken}).`, cure), origin: null };
  }
  const origin = originOf(host, port);
  const state = await readiness(origin);
  if (state === null) {
    const cure = 'End it, or choose another with PORT.';
    return { finding: fail(`${port} of ${host} is taken by another program.`, cure), origin: null };
  }
  return state.ready
    ? { finding: ok(`${port} of ${host}: a gateway runs and is ready.`), origin }
    : {
        finding: warn(
          `${port} of ${host}: a gateway runs and is not ready (${state.status}).`,
          'See its log.',
        ),
        origin,
      };
}

const originOf = (host: string, port: number): string => {
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
};

/** The code of what keeps a server from listening there; null: nothing. */
async function whyTaken(host: string, port: number): Promise<string | null> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return null;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : describeError(error).message;
  }
}

const readinessAnswer = z.object({ status: z.string() });

/** null: it is no gateway. */
async function readiness(
  origin: string,
): Promise<{ readonly ready: boolean; readonly status: string } | null> {
  try {
    const response = await fetch(`${origin}/readyz`, { signal: AbortSignal.timeout(patienceMs) });
    const { status } = readinessAnswer.parse(await response.json());
    return { ready: response.ok, status };
  } catch {
    // Whatever answers, it is none of ours.
    return null;
  }
}

const streamAnswer = z.object({
  data: z.object({
    eventStream: z.object({ live: z.boolean(), lastWebhookAt: z.string().nullable() }),
  }),
});

export interface Asking {
  readonly origin: string;
  readonly apiKey: string;
  readonly workspaceId: string;
  /** Whether deliveries are expected. */
  readonly expected: boolean;
}

/** When the running gateway heard of the helpdesk last. */
export async function checkDeliveries({ origin, apiKey, workspaceId, expected }: Asking): Promise<Finding> {
  const { ok, warn } = findingsOf('events');
  try {
    const response = await fetch(`${origin}/graphql`, {
      method: 'POST',
      signal: AbortSignal.timeout(patienceMs),
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${apiKey}`,
        'x-workspace-id': workspaceId,
      },
      body: JSON.stringify({ query: '{ eventStream { live lastWebhookAt } }' }),
    });
    const { live, lastWebhookAt } = streamAnswer.parse(await response.json()).data.eventStream;
    const how = live ? 'the stream is live' : 'the stream is not live';
    if (lastWebhookAt !== null) return ok(`the last delivery came at ${lastWebhookAt}; ${how}.`);
    return expected
      ? warn(
          `no delivery has come yet; ${how}.`,
          'Change a ticket: where none comes then, see whether the helpdesk reaches PUBLIC_URL.',
        )
      : ok(`come by asking; ${how}.`);
  } catch {
    return warn('the running gateway does not tell of its events.', 'Look at its log, and at /metrics.');
  }
}
