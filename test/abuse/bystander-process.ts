/** A client with manners, in a process of its own: so that what it waits for is the gateway, and not the attackers. */
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { answerParent } from '../bench/child.ts';

export interface BystanderAnswers {
  /** Milliseconds of each answer over HTTP. */
  readonly latencies: readonly number[];
  /** Answers that were not what was asked for, and ends of its socket. */
  readonly troubles: readonly string[];
  /** Events that its subscription heard. */
  readonly heard: number;
}

/** Milliseconds between two of its queries. */
const pauseMs = 25;

const [url = '', authorization = '', workspaceId = ''] = process.argv.slice(2);
const credentials = { authorization, 'x-workspace-id': workspaceId };
const query = JSON.stringify({ query: '{ tickets(first: 5) { nodes { localId subject } } }' });
const latencies: number[] = [];
const troubles: string[] = [];
let heard = 0;
let over = false;

const client = createClient({
  url: url.replace('http', 'ws'),
  webSocketImpl: WebSocket,
  connectionParams: credentials,
  retryAttempts: 0,
});
client.subscribe(
  { query: 'subscription { ticketEvents { __typename } }' },
  {
    next: () => (heard += 1),
    error: (error) => troubles.push(`subscription failed: ${String(error)}`),
    complete: () => {
      if (!over) troubles.push('subscription ended');
    },
  },
);

async function ask(): Promise<void> {
  const begin = performance.now();
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...credentials },
    body: query,
  });
  const body = (await response.json()) as { data?: { tickets?: { nodes: readonly unknown[] } } };
  latencies.push(performance.now() - begin);
  if (body.data?.tickets?.nodes.length !== 5) troubles.push(`answered ${JSON.stringify(body)}`);
}

const asking = (async () => {
  while (!over) {
    await ask().catch((error: unknown) => troubles.push(String(error)));
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
})();

answerParent<BystanderAnswers>(
  { latencies: () => latencies, troubles: () => troubles, heard: () => heard },
  async () => {
    over = true;
    await asking;
    await client.dispose();
  },
);
