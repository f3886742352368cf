import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { deliver, newSecret, ticketDelivery } from '../support/delivery.ts';

export interface LoadOptions {
  /** `http://127.0.0.1:<port>` of the gateway. */
  readonly origin: string;
  readonly sandbox: Sandbox;
  /** What the sandbox's webhooks are signed with. */
  readonly secret: string;
  /** Tickets that are changed. */
  readonly ids: readonly string[];
  /** Aborted when nothing more shall be sent. */
  readonly signal: AbortSignal;
  /** What came of what was sent, by kind and code: added to. */
  readonly outcomes: Map<string, number>;
}

/** Clients of each kind, at work at a time. */
const crowd = {
  readers: 8,
  writers: 3,
  hurried: 2,
  confused: 1,
  strangers: 1,
  sockets: 25,
  streams: 8,
  senders: 2,
};

const queries = [
  '{ tickets(first: 10) { nodes { id subject status } pageInfo { endCursor } } }',
  '{ tickets(first: 5, filter: { status: [OPEN, PENDING] }) { nodes { subject customFields { field { title } } } } }',
  '{ tickets(first: 50, orderBy: { field: UPDATED_AT, direction: DESC }) { nodes { id updatedAt tags } } }',
  '{ ticketFields(first: 10) { nodes { id title } } }',
  '{ eventStream { live headCursor } }',
  '{ rateLimit { remaining } }',
];

const nonsense = ['{ tickets(first: 10) { nodes { id', '{ nothing }', `{ ${'a'.repeat(5000)} }`, ''];

const subscriptions = [
  'subscription ($after: String) { ticketEvents(after: $after) { __typename cursor } }',
  'subscription ($after: String) { ticketEvents(after: $after) { __typename cursor ... on TicketEvent { type ticket { localId subject status } } } }',
  'subscription ($after: String) { ticketEvents(after: $after, filter: { ticketFilter: { status: [OPEN] } }) { __typename cursor } }',
];

const pick = <T>(list: readonly T[]): T => {
  const found = list[Math.floor(Math.random() * list.length)];
  if (found === undefined) throw new Error('nothing to choose from');
  return found;
};

let documents = 0;
/** One that nobody has sent before. It asks nothing of the helpdesk. */
const newDocument = (): string => {
  documents += 1;
  return `{ number${documents}: errorCatalog { code category retryable description } eventStream { __typename } }`;
};

interface Body {
  readonly data?: unknown;
  readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[];
}

/** A mixed load; resolves when all that was under way has ended. Rejects never: what fails is counted. */
export async function load(options: LoadOptions): Promise<void> {
  const { signal } = options;
  const tools = toolsOf(options);
  const { ask, count } = tools;
  const again = async (kind: string, pauseMs: number, act: () => Promise<void>): Promise<void> => {
    while (!signal.aborted) {
      await act().catch((error: unknown) =>
        count(kind, error instanceof Error ? error.message : 'not connected'),
      );
      await sleep(pauseMs * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined);
    }
  };
  const many = (kind: keyof typeof crowd, pauseMs: number, act: () => Promise<void>): Promise<void>[] =>
    Array.from({ length: crowd[kind] }, () => again(kind, pauseMs, act));
  await Promise.all([
    ...many('readers', 60, () => ask('readers', pick(queries))),
    ...many('writers', 120, () => write(tools, options.ids)),
    ...many('hurried', 100, () => ask('hurried', pick(queries), AbortSignal.timeout(20))),
    ...many('confused', 100, () => ask('confused', pick(nonsense))),
    ...many('strangers', 100, () => ask('strangers', newDocument())),
    ...many('sockets', 300, () => listen(options, tools)),
    ...many('streams', 300, () => stream(options, tools)),
    ...many('senders', 150, () => send(options, tools)),
  ]);
}

/** More documents than are kept parsed: that cache shall be full before anything is measured. */
export async function acquaint(options: LoadOptions): Promise<void> {
  const { ask } = toolsOf(options);
  for (let sent = 0; sent < 1100; sent += 10) {
    await Promise.all(Array.from({ length: 10 }, () => ask('strangers', newDocument())));
  }
}

interface Tools {
  count(kind: string, code: string): void;
  ask(kind: string, query: string, signal?: AbortSignal, variables?: object): Promise<void>;
}

function toolsOf({ origin, outcomes }: LoadOptions): Tools {
  const count = (kind: string, code: string): void => {
    const name = `${kind} ${code}`;
    outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
  };
  return {
    count,
    ask: async (kind, query, signal, variables) => {
      const response = await fetch(`${origin}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables }),
        signal: signal ?? null,
      });
      const { errors } = (await response.json()) as Body;
      count(kind, errors?.[0]?.extensions?.code ?? 'ok');
    },
  };
}

const writes = [
  'mutation ($subject: String!) { ticketCreate(input: { subject: $subject }) { ticket { localId } } }',
  'mutation ($id: ID!) { ticketUpdate(input: { id: $id, patch: { priority: HIGH } }) { ticket { localId } } }',
];

const write = ({ ask }: Tools, ids: readonly string[]): Promise<void> =>
  ask('writers', pick(writes), undefined, { subject: `Soak ${randomUUID()}`, id: pick(ids) });

/** Comes, listens for a while to several things, and goes: politely, or cut off; now and then comes back with its cursor. */
async function listen({ origin, signal }: LoadOptions, { count }: Tools): Promise<void> {
  let raw: unknown = null;
  let cursor: string | null = null;
  const client = createClient({
    url: `${origin.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    lazy: true,
    on: { opened: (socket) => (raw = socket) },
  });
  const subscribe = () =>
    client.subscribe<{ ticketEvents: { cursor: string } }>(
      { query: pick(subscriptions), variables: { after: Math.random() < 0.5 ? cursor : null } },
      {
        next: ({ data, errors }) => {
          cursor = data?.ticketEvents.cursor ?? cursor;
          count('sockets', errors === undefined ? 'ok' : 'error');
        },
        error: () => count('sockets', 'closed'),
        complete: () => undefined,
      },
    );
  const ends = Array.from({ length: 1 + Math.floor(Math.random() * 4) }, subscribe);
  const stay = () => sleep(Math.random() * 2500, undefined, { signal }).catch(() => undefined);
  await stay();
  if (Math.random() < 0.5) for (const end of ends) end();
  ends.push(subscribe());
  await stay();
  if (Math.random() < 0.3 && raw instanceof WebSocket) raw.terminate();
  await client.dispose();
}

/** The same over Server-Sent Events. */
async function stream({ origin, signal }: LoadOptions, { count }: Tools): Promise<void> {
  const leave = AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(Math.random() * 4000))]);
  try {
    const response = await fetch(`${origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: pick(subscriptions) }),
      signal: leave,
    });
    count('streams', String(response.status));
    for await (const chunk of response.body ?? []) count('streams', chunk.length > 0 ? 'ok' : 'empty');
  } catch (error) {
    if (!leave.aborted) throw error;
  }
}

/** Deliveries besides the sandbox's own: genuine, repeated, forged. */
async function send({ origin, sandbox, secret }: LoadOptions, { count }: Tools): Promise<void> {
  const url = `${origin}/webhooks/helpdesk/${sandbox.workspaceId}`;
  const body = ticketDelivery('ticket.updated', { id: `tkt_sent${Math.floor(Math.random() * 200)}` });
  const id = `msg_${Math.floor(Math.random() * 1e6)}`;
  const forged = Math.random() < 0.2;
  const response = await deliver(url, body, { secret: forged ? newSecret() : secret, id });
  await response.arrayBuffer();
  count('senders', `${forged ? 'forged' : 'genuine'} ${response.status}`);
}
