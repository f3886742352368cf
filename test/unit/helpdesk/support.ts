import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHelpdeskBackend, type HelpdeskOptions } from '../../../src/backends/helpdesk/index.ts';
import type { Backend, BackendSession } from '../../../src/domain/backend.ts';
import type { Caller } from '../../../src/domain/caller.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import type { GatewayError } from '../../../src/domain/errors.ts';
import { createMeter, type Operation } from '../../../src/domain/operation.ts';
import type {
  LimiterRegistry,
  PermitOutcome,
  TakeRequest,
  TakeResult,
} from '../../../src/rate-limit/limiter.ts';
import { searched } from '../../support/log-sink.ts';

/** What a scripted server answers with; a function may do anything to the socket. */
export type Reply =
  | { status: number; headers?: Record<string, string>; body?: object | string }
  | ((request: IncomingMessage, response: ServerResponse) => void);

export interface SeenRequest {
  readonly method: string;
  /** Path below the base URL, with its query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

/** A helpdesk of a few lines: answers from a script, and writes down what it was asked. */
export interface ScriptedHelpdesk extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
}

const basePath = '/helpdesk/api/v1';

/** @param script one reply for each request in turn, the last one for all that follow; or a function of the request */
export async function startHelpdesk(
  script: readonly Reply[] | ((request: SeenRequest) => Reply),
): Promise<ScriptedHelpdesk> {
  const requests: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const seen = {
        method: request.method ?? '',
        path: (request.url ?? '').replace(basePath, ''),
        headers: request.headers,
        body: text === '' ? undefined : (JSON.parse(text) as unknown),
      };
      requests.push(seen);
      const reply =
        typeof script === 'function' ? script(seen) : (script[requests.length - 1] ?? script.at(-1));
      if (reply === undefined) throw new Error('A script needs a reply.');
      if (typeof reply === 'function') reply(request, response);
      else write(response, reply);
    });
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${basePath}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function write(response: ServerResponse, reply: Exclude<Reply, (...args: never) => void>): void {
  const { status, headers, body } = reply;
  const isText = typeof body === 'string';
  response.writeHead(status, {
    ...(body === undefined || isText ? {} : { 'content-type': 'application/json' }),
    ...headers,
  });
  response.end(body === undefined || isText ? body : JSON.stringify(body));
}

export const ticket = (changes: object = {}): Record<string, unknown> => ({
  id: 'tkt_1',
  subject: 'No coffee',
  status: 'open',
  priority: 'high',
  type: 'incident',
  assigneeId: null,
  requesterEmail: 'ada@example.com',
  requesterName: 'Ada',
  tags: ['kitchen'],
  customFields: [],
  createdAt: '2026-01-01T00:00:00Z',
  updatedAt: '2026-01-02T00:00:00Z',
  ...changes,
});

export const restError = (
  code: string,
  status: number,
  details?: object,
  message = 'Said by the backend',
) => ({
  status,
  body: { error: { code, message, status, ...(details === undefined ? {} : { details }) } },
});

export const caller: Caller = {
  workspaceId: 'ws_1',
  apiKey: 'aclou_0123456789abcdef0123456789abcdef01234567',
  scope: 'scope',
  keyId: 'key',
  source: 'REQUEST',
  level: null,
  endUser: null,
};

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export interface OpenedBackend extends AsyncDisposable {
  readonly backend: Backend;
  readonly session: BackendSession;
  readonly operation: Operation;
  readonly logs: readonly LogLine[];
  /** How each permit was settled, in order. */
  readonly settled: readonly PermitOutcome[];
  readonly gone: AbortController;
}

export interface OpenOptions extends Partial<Omit<HelpdeskOptions, 'url'>> {
  /** Milliseconds until the operation's deadline. @default 5_000 */
  readonly patienceMs?: number;
  /** What the limiter says, call by call, the last one for all that follow. @default always yes */
  readonly turns?: readonly ('GRANTED' | 'DEADLINE' | 'QUEUE_FULL')[];
  /** Called when the limiter is asked. */
  readonly onTurn?: (request: TakeRequest) => void;
}

/** A backend with a limiter that always says yes, its log and its permits open to view. */
export function openBackend(url: string, options: OpenOptions = {}): OpenedBackend {
  const { patienceMs = 5_000, turns = ['GRANTED'], onTurn, ...others } = options;
  const logs: LogLine[] = [];
  const settled: PermitOutcome[] = [];
  const clock = options.clock ?? systemClock;
  const log =
    (level: LogLine['level']) =>
    (fields: object, message: string): void => {
      logs.push({ level, fields: { ...fields }, message });
    };
  let takes = 0;
  const take = (request: TakeRequest): TakeResult => {
    onTurn?.(request);
    const turn = turns[takes++] ?? turns.at(-1) ?? 'GRANTED';
    if (turn !== 'GRANTED') return { allowed: false, reason: turn, retryAfterMs: 7_000 };
    let open = true;
    const settle = (outcome: PermitOutcome): void => {
      if (!open) throw new Error('A permit was settled twice.');
      open = false;
      settled.push(outcome);
    };
    return { allowed: true, permit: { waitedMs: 3, settle } };
  };
  const rateLimit: LimiterRegistry = {
    of: () => ({ take: (request) => Promise.resolve(take(request)), budget: () => null }),
  };
  const gone = new AbortController();
  const operation: Operation = {
    priority: 'QUERY',
    client: 'test',
    signal: gone.signal,
    deadline: clock.now() + patienceMs,
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    meter: createMeter(),
  };
  const backend = createHelpdeskBackend({
    url,
    rateLimit,
    log: searched({ debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }),
    random: () => 0,
    ...others,
  });
  return {
    backend,
    session: backend.session(caller, operation),
    operation,
    logs,
    settled,
    gone,
    [Symbol.asyncDispose]: () => backend.close(),
  };
}

/** What a promise is rejected with, which must be an error for clients. */
export async function failure(promise: Promise<unknown>): Promise<GatewayError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error && (error.name === 'GatewayError' || error.name === 'BackendError')) {
      return error as GatewayError;
    }
    throw error;
  }
  throw new Error('It should have failed.');
}
