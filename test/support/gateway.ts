import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print, type GraphQLFormattedError } from 'graphql';
import { test } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import type { Clock } from '../../src/domain/clock.ts';
import type { Log } from '../../src/domain/log.ts';
import { createGateway, type Gateway, type GatewayParts } from '../../src/gateway.ts';
import { startServer } from '../../src/http/server.ts';
import type { SandboxOptions } from '../../src/sandbox/options.ts';
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { openTelemetry } from '../../src/telemetry/open.ts';
import { newSecret } from './delivery.ts';
import { searched, tellSecretsOf } from './log-sink.ts';

type Environment = Readonly<Record<string, string>>;

export interface GatewayOptions {
  /** The level of the key that the gateway holds itself; null: it holds none, callers bring theirs. @default 'admin' */
  readonly serverKey?: 'read' | 'write' | 'admin' | null;
  /** Environment on top of what the harness sets; an empty value takes out what that is. */
  readonly env?: Environment;
  /** More of it that depends on the sandbox. */
  readonly envOf?: (sandbox: Sandbox) => Promise<Environment>;
  /** @default 60 tickets, and a limit that no test meets by accident */
  readonly sandbox?: SandboxOptions;
  /** The gateway's. @default the machine's */
  readonly clock?: Clock;
  /** Parts of the gateway to use instead of the usual ones. @default it does nothing by itself */
  readonly parts?: Omit<GatewayParts, 'log' | 'clock' | 'telemetry'>;
}

/** Who asks, and how. */
export interface AskOptions {
  readonly key?: string;
  readonly workspaceId?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Aborting it cuts the connection. */
  readonly signal?: AbortSignal;
}

export interface Answer<Data> {
  /** Of HTTP. */
  readonly status: number;
  readonly data: Data | null | undefined;
  readonly errors: readonly GraphQLFormattedError[] | undefined;
  readonly extensions: Readonly<Record<string, unknown>> | undefined;
}

export interface LogLine {
  readonly level: keyof Log;
  readonly fields: object;
  readonly message: string;
}

export interface RunningGateway extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  readonly url: string;
  readonly wsUrl: string;
  /** Where the sandbox's webhooks of the first workspace arrive. */
  readonly receiverUrl: string;
  /** What those webhooks are signed with. */
  readonly secret: string;
  readonly sandbox: Sandbox;
  readonly logs: readonly LogLine[];
  /** Answers that are kept as they went out. */
  readonly answers: Gateway['answers'];
  /** As a host other than node:http asks it. */
  readonly fetch: Gateway['fetch'];
  /** REST requests in the order the backend got them, as `GET /tickets`. */
  readonly calls: readonly string[];
  forgetCalls(): void;
  query<Data = Record<string, unknown>, Variables = Record<string, unknown>>(
    document: TypedDocumentNode<Data, Variables> | string,
    variables?: Variables,
    options?: AskOptions,
  ): Promise<Answer<Data>>;
}

const captureLog = (lines: LogLine[]): Log => {
  const at = (level: keyof Log) => (fields: object, message: string) => {
    lines.push({ level, fields, message });
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
};

const environment = async (
  sandbox: Sandbox,
  secret: string,
  options: GatewayOptions,
): Promise<Environment> => {
  const { serverKey = 'admin' } = options;
  return {
    PORT: '0',
    DATA_DIR: 'off',
    HELPDESK_URL: sandbox.url,
    HELPDESK_WORKSPACE_ID: sandbox.workspaceId,
    HELPDESK_WEBHOOK_SECRET: secret,
    ...(serverKey !== null && { HELPDESK_API_KEY: sandbox.keys[serverKey] }),
    ...options.env,
    ...(await options.envOf?.(sandbox)),
  };
};

/** A gateway on a free port in front of a sandbox on another, with the sandbox's webhooks registered. */
export async function startGateway(options: GatewayOptions = {}): Promise<RunningGateway> {
  const secret = newSecret();
  const logs: LogLine[] = [];
  const sandbox = await startSandbox({
    tickets: 60,
    ...options.sandbox,
    rateLimit: { limit: 100_000, ...options.sandbox?.rateLimit },
  });
  const env = await environment(sandbox, secret, options);
  tellSecretsOf(env);
  const { backend, ...config } = parseConfig(env);
  if (backend === null) throw new Error('the sandbox was not taken for a backend');
  const log = searched(captureLog(logs));
  const gateway = createGateway(
    { ...config, backend },
    {
      background: false,
      ...options.parts,
      log,
      telemetry: await openTelemetry(config.telemetry, log),
      ...(options.clock && { clock: options.clock }),
    },
  );
  const server = await startServer(gateway, config);
  const url = `${server.url}/graphql`;
  const receiverUrl = `${server.url}/webhooks/helpdesk/${sandbox.workspaceId}`;
  sandbox.webhooks.register({ targetUrl: receiverUrl, secrets: [secret] });
  return {
    origin: server.url,
    url,
    wsUrl: url.replace('http', 'ws'),
    receiverUrl,
    secret,
    sandbox,
    logs,
    answers: gateway.answers,
    fetch: gateway.fetch,
    get calls() {
      return sandbox.requests.map(({ method, path }) => `${method} ${path}`);
    },
    forgetCalls: () => sandbox.forgetRequests(),
    query: (document, variables, ask) => askGateway(url, document, variables, ask),
    [Symbol.asyncDispose]: async () => {
      await server.close();
      await sandbox.close();
    },
  };
}

/** Environment of a further gateway in front of the sandbox of another, with the same key. */
export const besideOn = ({ url, keys, workspaceId }: Sandbox): Environment => ({
  HELPDESK_URL: url,
  HELPDESK_API_KEY: keys.admin,
  HELPDESK_WORKSPACE_ID: workspaceId,
});

/** Environment of a gateway that keeps no answers: every operation asks the backend. */
export const withoutStore = { CACHE_MAX_BYTES: '0' } as const;

/** `test` with one gateway for all tests of the file; they run one after the other and share its data. */
export const testWithGateway = (options: GatewayOptions = {}) =>
  test.extend('gateway', { scope: 'file' }, async ({}, { onCleanup }) => {
    const gateway = await startGateway(options);
    onCleanup(() => gateway[Symbol.asyncDispose]());
    return gateway;
  });

/** The headers by which a caller says who it is. */
export const callerHeaders = ({ key, workspaceId, headers }: AskOptions): Record<string, string> => ({
  ...(key !== undefined && { authorization: `Bearer ${key}` }),
  ...(workspaceId !== undefined && { 'x-workspace-id': workspaceId }),
  ...headers,
});

/** One operation over HTTP. */
export async function askGateway<Data, Variables>(
  url: string,
  document: TypedDocumentNode<Data, Variables> | string,
  variables: Variables | undefined,
  options: AskOptions = {},
): Promise<Answer<Data>> {
  const response = await fetch(url, {
    method: 'POST',
    signal: options.signal ?? null,
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json',
      ...callerHeaders(options),
    },
    body: JSON.stringify({ query: typeof document === 'string' ? document : print(document), variables }),
  });
  const { data, errors, extensions } = (await response.json()) as Omit<Answer<Data>, 'status'>;
  return { status: response.status, data, errors, extensions };
}
