/** Throws inputs at a gateway, by every way in, and judges each answer. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { sign } from '../../src/backends/helpdesk/signature.ts';
import { parseConfig } from '../../src/config/config.ts';
import type { Log } from '../../src/domain/log.ts';
import { createGateway, type Gateway } from '../../src/gateway.ts';
import { startServer } from '../../src/http/server.ts';
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { searched } from '../support/log-sink.ts';
import { newSecret } from '../support/delivery.ts';
import { deliveryBodies } from './deliveries.ts';
import { requests, type FuzzedRequest } from './documents.ts';
import { messages } from './messages.ts';
import { openSession } from './session.ts';
import { faultOf } from './verdict.ts';

export interface FuzzOptions {
  /** Inputs in all. */
  readonly runs: number;
  readonly seed: number;
}

export interface FuzzReport {
  readonly documents: number;
  readonly deliveries: number;
  readonly messages: number;
  /** How often each kind of answer came, as `200`, `422 DELIVERY_UNREADABLE`, `close 4400`. */
  readonly answers: Readonly<Record<string, number>>;
  /** What was wrong, with the input that it was wrong with. */
  readonly faults: readonly string[];
}

/** A gateway over the sandbox, without the door of node:http for what needs none. */
export interface Place extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly sandbox: Sandbox;
  readonly secret: string;
  readonly wsUrl: string;
  /** Errors in the log since the last look. */
  readonly defects: string[];
}

async function openPlace(): Promise<Place> {
  const sandbox = await startSandbox({ tickets: 30, rateLimit: { limit: 1_000_000 } });
  const secret = newSecret();
  const { backend, ...config } = parseConfig({
    PORT: '0',
    DATA_DIR: 'off',
    HELPDESK_URL: sandbox.url,
    HELPDESK_API_KEY: sandbox.keys.admin,
    HELPDESK_WORKSPACE_ID: sandbox.workspaceId,
    HELPDESK_WEBHOOK_SECRET: secret,
  });
  if (backend === null) throw new Error('the sandbox was not taken for a backend');
  const defects: string[] = [];
  const silent = (): void => undefined;
  const log: Log = {
    debug: silent,
    info: silent,
    warn: silent,
    error: (fields, message) => {
      if (message === 'webhook: a genuine delivery could not be understood') return;
      defects.push(`${message} ${JSON.stringify(fields)}`);
    },
  };
  const gateway = createGateway(
    { ...config, backend },
    // Its patience is not what is tried, and the machine may be busy.
    { log: searched(log), background: false, limits: { socketInitMs: 60_000, socketPingMs: 60_000 } },
  );
  const server = await startServer(gateway);
  return {
    gateway,
    sandbox,
    secret,
    defects,
    wsUrl: `${server.url.replace('http', 'ws')}/graphql`,
    [Symbol.asyncDispose]: async () => {
      await server.close();
      await sandbox.close();
    },
  };
}

/** Counts answers and keeps what was wrong. */
function createTally({ defects }: Pick<Place, 'defects'>) {
  const answers: Record<string, number> = {};
  const faults: string[] = [];
  return {
    answers,
    faults,
    count: (answer: string): void => {
      answers[answer] = (answers[answer] ?? 0) + 1;
    },
    /** @param fault null: nothing was wrong with the answer; the log has its say then */
    judge: (input: unknown, fault: string | null): void => {
      const defect = defects.splice(0)[0];
      const found = fault ?? (defect === undefined ? null : `the log has ${defect}`);
      if (found !== null) faults.push(`${JSON.stringify(input)}\n  ${found}`);
    },
  };
}

export type Tally = ReturnType<typeof createTally>;

async function sendDocument({ gateway }: Place, tally: Tally, request: FuzzedRequest): Promise<void> {
  const response = await gateway.fetch(
    new Request('http://127.0.0.1/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
      body: JSON.stringify(request),
    }),
  );
  const text = await response.text();
  const code = /"code":"(\w+)","category"/.exec(text)?.[1];
  tally.count(code === undefined ? String(response.status) : `${response.status} ${code}`);
  const due = [200, 400, 401].includes(response.status);
  tally.judge(request, due ? faultOf(text) : `status ${response.status}: ${text.slice(0, 300)}`);
}

async function sendDelivery(
  { gateway, sandbox, secret }: Place,
  tally: Tally,
  body: string | Uint8Array<ArrayBuffer>,
): Promise<void> {
  const bytes = Buffer.from(body);
  const id = `msg_${randomUUID()}`;
  const timestamp = Math.floor(Date.now() / 1000);
  const response = await gateway.fetch(
    new Request(`http://127.0.0.1/webhooks/helpdesk/${sandbox.workspaceId}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': sign(secret, { id, timestamp }, bytes),
      },
      body: Uint8Array.from(bytes),
    }),
  );
  const text = await response.text();
  tally.count(`webhook ${response.status}`);
  const due = response.status === 200 || response.status === 422;
  tally.judge(String(body), due && !('polluted' in {}) ? null : `status ${response.status}: ${text}`);
}

/** Inputs that are made at a time. */
const batch = 500;

/** Inputs of one kind, one after the other. */
async function each<Input>(
  arbitrary: fc.Arbitrary<Input>,
  { runs, seed }: FuzzOptions,
  send: (input: Input) => Promise<void>,
): Promise<void> {
  for (let done = 0; done < runs; done += batch) {
    const inputs = fc.sample(arbitrary, { numRuns: Math.min(batch, runs - done), seed: seed + done });
    for (const input of inputs) await send(input);
  }
}

/** Half of the inputs are documents with their variables; deliveries and messages of sockets are a quarter each. */
export async function fuzz({ runs, seed }: FuzzOptions): Promise<FuzzReport> {
  await using place = await openPlace();
  const tally = createTally(place);
  const shares = {
    documents: Math.ceil(runs / 2),
    deliveries: Math.floor(runs / 4),
    messages: Math.floor(runs / 4),
  };
  // Whatever is delivered is heard, with all that it has.
  await using listener = await openSession(place, tally, 'LISTENS');
  await each(requests, { runs: shares.documents, seed }, (request) => sendDocument(place, tally, request));
  await each(deliveryBodies, { runs: shares.deliveries, seed }, (body) => sendDelivery(place, tally, body));
  await listener.settled();
  await using talker = await openSession(place, tally, 'TALKS');
  await each(messages, { runs: shares.messages, seed }, (message) => talker.say(message));
  return { ...shares, answers: tally.answers, faults: tally.faults };
}
