import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { z } from 'zod';
import type { Due } from './schedule.ts';

/** How one operation fared. Moments are milliseconds since the epoch. */
export interface Outcome {
  readonly client: number;
  readonly kind: Due['kind'];
  /** When it should have been sent. */
  readonly dueAt: number;
  /** When it was. */
  readonly sentAt: number;
  readonly answeredAt: number;
  /** null: answered with data; else the error's code, or what stood in the way of an answer. */
  readonly code: string | null;
  /** What the answer says its calls waited for their turn. */
  readonly waitedMs: number | null;
}

export interface Load {
  /** Sends no more, and waits for the answers that are due. */
  end(): Promise<readonly Outcome[]>;
}

const documents: Readonly<Record<Due['kind'], string>> = {
  LIST: `query List($assignee: ID!) {
    tickets(first: 25, filter: { assigneeId: [$assignee] }) {
      edges { node { id localId subject status priority type tags requester { name email } createdAt updatedAt } }
      pageInfo { hasNextPage endCursor }
    }
  }`,
  CREATE: `mutation Create($input: TicketCreateInput!) {
    ticketCreate(input: $input) { ticket { id localId subject status createdAt } }
  }`,
};

const variablesOf = ({ kind, client, dueMs }: Due): object =>
  kind === 'LIST'
    ? { assignee: `usr_${client}` }
    : {
        input: {
          subject: `Client ${client} at ${dueMs} ms`,
          requester: { email: `client${client}@example.com` },
        },
      };

const answer = z.object({
  errors: z.array(z.object({ extensions: z.object({ code: z.string() }) })).optional(),
  extensions: z.object({ rateLimit: z.object({ waitedMs: z.number() }) }).optional(),
});

/**
 * Sends every operation when it is due, whether or not earlier ones were answered, over connections that stay open.
 * @param url of the gateway's GraphQL
 */
export function startLoad(url: string, operations: Iterator<Due, never>): Load {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { pipelining: 1, keepAliveTimeout: 60_000 });
  const began = Date.now();
  const underWay: Promise<Outcome>[] = [];
  let ending = false;

  const send = async (due: Due): Promise<Outcome> => {
    const sentAt = Date.now();
    const { client, kind } = due;
    const result = await ask(due).catch((error: unknown) => ({ code: describe(error), waitedMs: null }));
    return { client, kind, dueAt: began + due.dueMs, sentAt, answeredAt: Date.now(), ...result };
  };

  const ask = async (due: Due): Promise<Pick<Outcome, 'code' | 'waitedMs'>> => {
    const { body } = await pool.request({
      method: 'POST',
      path: pathname,
      headers: { 'content-type': 'application/json', 'x-client-id': `client-${due.client}` },
      body: JSON.stringify({ query: documents[due.kind], variables: variablesOf(due) }),
    });
    const { errors, extensions } = answer.parse(await body.json());
    return {
      code: errors?.[0]?.extensions.code ?? null,
      waitedMs: extensions?.rateLimit.waitedMs ?? null,
    };
  };

  const run = async (): Promise<void> => {
    for (;;) {
      const due = operations.next().value;
      const wait = began + due.dueMs - Date.now();
      if (wait > 0) await sleep(wait);
      if (ending) return;
      underWay.push(send(due));
    }
  };
  const running = run();

  return {
    async end() {
      ending = true;
      await running;
      const outcomes = await Promise.all(underWay);
      await pool.close();
      return outcomes;
    },
  };
}

const describe = (error: unknown): string =>
  error instanceof Error ? ('code' in error ? String(error.code) : error.name) : 'UNKNOWN';
