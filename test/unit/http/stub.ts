import type { GatewayConfig } from '../../../src/config/config.ts';
import type { Backend, BackendSession, Budget } from '../../../src/domain/backend.ts';
import type { Caller } from '../../../src/domain/caller.ts';
import type { TicketEvent } from '../../../src/domain/event.ts';
import type { Log } from '../../../src/domain/log.ts';
import type { Operation } from '../../../src/domain/operation.ts';
import { createGateway, type Gateway, type GatewayParts } from '../../../src/gateway.ts';
import { startServer } from '../../../src/http/server.ts';
import { searched } from '../../support/log-sink.ts';

/** What the backend was asked, and on whose behalf. */
export interface Asked {
  readonly caller: Caller;
  readonly operation: Operation;
}

export interface Stub {
  readonly backend: Backend;
  readonly asked: readonly Asked[];
  readonly closed: boolean;
}

export interface StubOptions {
  /** What a list of tickets comes to. @default an empty page */
  readonly list?: (asked: Asked) => Promise<unknown>;
  readonly budget?: Budget;
}

const never = (): never => {
  throw new Error('not part of this stub');
};
const unused = { list: never, get: never, create: never, update: never, delete: never };

export const eventOf = (eventId: string): TicketEvent => ({
  eventId,
  type: 'TICKET_UPDATED',
  typeRaw: 'ticket.updated',
  ticketId: `tkt_${eventId}`,
  ticket: null,
  occurredAt: '2026-01-01T00:00:00Z',
  source: 'WEBHOOK',
  channel: 'one',
});

/** A backend without a network. Its deliveries are signed with the secret itself, in `x-secret`. */
export function createStub({ list, budget }: StubOptions = {}): Stub {
  const asked: Asked[] = [];
  let closed = false;
  const emptyPage = { items: [], nextCursor: null };
  const sessionOf = (caller: Caller, operation: Operation): BackendSession => ({
    ticketFields: unused,
    ticketFieldOptions: unused,
    webhooks: unused,
    tickets: {
      ...unused,
      list: async () => {
        const question = { caller, operation };
        asked.push(question);
        operation.meter.spent += 1;
        await list?.(question);
        return emptyPage;
      },
    },
  });
  return {
    asked,
    get closed() {
      return closed;
    },
    backend: {
      kind: 'HELPDESK',
      capabilities: {
        maxPageSize: 100,
        pushdownFilters: [],
        orderFields: ['CREATED_AT'],
        writableStatuses: [],
      },
      receiver: {
        receive: (delivery, secrets) => {
          const secret = delivery.header('x-secret');
          if (secret === null) return { ok: false, reason: 'UNSIGNED' };
          if (!secrets.includes(secret)) return { ok: false, reason: 'FORGED' };
          const text = Buffer.from(delivery.body).toString();
          return text.startsWith('{')
            ? { ok: true, event: eventOf(text) }
            : { ok: false, reason: 'UNREADABLE' };
        },
        toleranceMs: 0,
        channelOf: (given) => `channel of ${given}`,
      },
      session: sessionOf,
      budget: () => budget ?? null,
      status: () => ({ circuit: 'CLOSED', since: 0, nextTrialAt: null }),
      close: () => {
        closed = true;
        return Promise.resolve();
      },
    },
  };
}

export const secret = 'whsec_c2VjcmV0';

export const stubConfig: GatewayConfig = {
  host: '127.0.0.1',
  auth: { mode: 'ANONYMOUS', level: null },
  corsOrigins: ['https://app.example.com'],
  trustProxy: 0,
  maxRestCallsPerOperation: 50,
  documents: {
    maxDepth: 15,
    maxAliases: 200,
    maxRootFields: 200,
    maxDirectives: 50,
    maxTokens: 2000,
    maxResolvedFields: 100_000,
    introspection: true,
    fieldSuggestions: true,
    trusted: { mode: 'OFF', file: null },
  },
  redisUrl: null,
  maxSocketsPerKey: null,
  maxSocketsPerAddress: null,
  events: {
    dataDir: null,
    maxAgeMs: 86_400_000,
    maxCount: 100_000,
    pollMs: 5000,
    sweepWithCallerKey: false,
    publicUrl: null,
    maxRefusedPerMinute: 300,
  },
  cache: { maxBytes: 0, liveMs: 300_000, otherwiseMs: 2_000, staleIfLimited: true },
  backend: {
    kind: 'HELPDESK',
    url: 'http://127.0.0.1:1/unused',
    rateLimit: 400,
    customFieldsOnPut: 'merge',
    workspaces: [{ id: 'ws_1', apiKey: 'server-key', webhookSecrets: [secret], rateLimit: null }],
  },
};

export interface LogLine {
  readonly level: keyof Log;
  readonly fields: object;
  readonly message: string;
}

export interface Running extends AsyncDisposable, Stub {
  readonly gateway: Gateway;
  readonly port: number;
  readonly origin: string;
  readonly url: string;
  readonly wsUrl: string;
  readonly logs: readonly LogLine[];
  close(): Promise<void>;
}

export interface StartOptions extends StubOptions {
  readonly config?: Partial<GatewayConfig>;
  readonly parts?: GatewayParts;
}

/** A gateway over the stub, on a free port. */
export async function start({ config, parts, ...options }: StartOptions = {}): Promise<Running> {
  const logs: LogLine[] = [];
  const at = (level: keyof Log) => (fields: object, message: string) => {
    logs.push({ level, fields, message });
  };
  const log = searched({ debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') });
  const stub = createStub(options);
  const gateway = createGateway(
    { ...stubConfig, ...config },
    { backend: stub.backend, log, background: false, ...parts },
  );
  const server = await startServer(gateway);
  const close = () => server.close();
  return {
    gateway,
    port: server.port,
    origin: server.url,
    url: `${server.url}/graphql`,
    wsUrl: `${server.url.replace('http', 'ws')}/graphql`,
    logs,
    backend: stub.backend,
    asked: stub.asked,
    get closed() {
      return stub.closed;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: {
    readonly data?: Record<string, unknown> | null;
    readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
    readonly extensions?: Record<string, unknown>;
  };
}

/** Sends an operation by POST. */
export async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Reply> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Reply['body'],
  };
}
