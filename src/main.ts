import { randomBytes } from 'node:crypto';
import { pino, type Logger } from 'pino';
import type { BackendConfig } from './config/backend.ts';
import { parseConfig, type Config, type GatewayConfig } from './config/config.ts';
import { ConfigError } from './config/reader.ts';
import { apiLevel, isLoopback } from './config/values.ts';
import { describeError } from './domain/redact.ts';
import { StartError } from './domain/start-error.ts';
import { createGateway, type GatewayParts } from './gateway.ts';
import { heldKeys } from './gateway-callers.ts';
import { printNewToken, rotateWebhook } from './gateway-commands.ts';
import { besideMetrics } from './http/metrics-listener.ts';
import { createMetricsRoute } from './http/metrics-route.ts';
import { startServer, type RunningServer } from './http/server.ts';
import { endInOrder } from './lifecycle.ts';
import { startSandbox, type Sandbox } from './sandbox/sandbox.ts';
import { openTelemetry, type GatewayTelemetry } from './telemetry/open.ts';

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const giveUp = (message: string): void => {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
};

interface Upstream {
  readonly backend: BackendConfig;
  /** null: a real helpdesk. */
  readonly sandbox: Sandbox | null;
}

/** Serves, or does what is named on the command line instead. */
async function main([command, ...rest]: readonly string[]): Promise<void> {
  if (command === 'new-token') {
    newToken(rest);
    return;
  }
  if (command === 'doctor' && rest.length === 0) {
    // Whoever serves has no use for it.
    const { diagnose } = await import('./gateway-doctor.ts');
    process.exitCode = await diagnose(process.env, say);
    return;
  }
  const config = parseConfig(process.env);
  const log = pino({ level: config.logLevel, base: null }, pino.destination({ dest: 2, sync: true }));
  for (const warning of config.warnings) log.warn(warning);
  if (command === undefined) await serve(config, log);
  else if (command === 'rotate-webhook' && rest.length <= 1) await rotate(config, rest[0] ?? null, log);
  else giveUp(`There is no such command: ${[command, ...rest].join(' ')}. Without one the gateway serves.`);
}

/** Needs no configuration: it prints what goes into one. */
function newToken([name, level = 'READ', ...rest]: readonly string[]): void {
  const known = apiLevel.safeParse(level);
  if (name === undefined || rest.length > 0 || !known.success)
    giveUp(
      'npm run new-token <name> [READ | WRITE | ADMIN]: whom the token is for, and what it is good for.',
    );
  else printNewToken(name, known.data, say);
}

/** @param workspaceId null: the only one */
async function rotate(
  { backend, ...config }: Config,
  workspaceId: string | null,
  log: Logger,
): Promise<void> {
  if (backend === null) {
    giveUp('HELPDESK_URL is not set: the sandbox has no webhook to rotate.');
    return;
  }
  const leaving = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => leaving.abort(new Error('stopped by a signal')));
  }
  const tools = { log, say, signal: leaving.signal };
  process.exitCode = await rotateWebhook({ ...config, backend }, workspaceId, tools);
}

async function serve(config: Config, log: Logger): Promise<void> {
  const upstream = await connect(config);
  const { backend, sandbox } = upstream;
  const registered = (workspaceId: string): boolean => workspaceId === sandbox?.workspaceId;
  let server: RunningServer;
  try {
    const telemetry = await openTelemetry(config.telemetry, log);
    server = await listen({ ...config, backend }, { log, registered, telemetry });
  } catch (error) {
    await sandbox?.close();
    throw error;
  }
  endInOrder({ server, afterwards: () => sandbox?.close(), log, delayMs: config.shutdownDelayMs });
  if (sandbox) enliven(sandbox, backend, server, config);
  if (config.auth.mode === 'ANONYMOUS' && !isLoopback(config.host)) {
    log.warn(`Everybody who reaches ${config.host}, port ${server.port}, acts with the server’s key.`);
  }
  say(greeting(config, upstream, server));
}

async function listen(
  config: GatewayConfig & Pick<Config, 'port' | 'telemetry'>,
  parts: GatewayParts & { readonly telemetry: GatewayTelemetry },
): Promise<RunningServer> {
  const gateway = createGateway(config, parts);
  try {
    const server = await startServer(gateway, config);
    const { metrics: page } = parts.telemetry;
    const { metricsPort: port, metricsHost: host, metricsToken: token } = config.telemetry;
    if (page === null || port === null) return server;
    return await besideMetrics(server, createMetricsRoute({ page, token }), { host, port });
  } catch (error) {
    await gateway.dispose();
    throw error;
  }
}

/** Without a helpdesk the sandbox stands in, and the server holds its admin key. */
async function connect({ backend, sandbox: options }: Config): Promise<Upstream> {
  if (backend) return { backend, sandbox: null };
  const sandbox = await startSandbox({ tickets: options.tickets });
  const { url, workspaceId: id, keys } = sandbox;
  const webhookSecrets = [`whsec_${randomBytes(32).toString('base64')}`];
  return {
    backend: {
      kind: 'HELPDESK',
      url,
      rateLimit: 400,
      customFieldsOnPut: 'merge',
      workspaces: [{ id, apiKey: keys.admin, webhookSecrets, rateLimit: null }],
    },
    sandbox,
  };
}

const receiverOf = (server: RunningServer, workspaceId: string): string =>
  `${server.url}/webhooks/helpdesk/${workspaceId}`;

/** The sandbox tells the gateway what happens, and something does. */
function enliven(
  sandbox: Sandbox,
  { workspaces: [workspace] }: BackendConfig,
  server: RunningServer,
  config: Config,
): void {
  const targetUrl = receiverOf(server, sandbox.workspaceId);
  sandbox.webhooks.register({ name: 'Gateway', targetUrl, secrets: workspace?.webhookSecrets ?? [] });
  const { agentsEveryMs } = config.sandbox;
  if (agentsEveryMs !== null) sandbox.agents.start(agentsEveryMs);
}

function greeting(config: Config, { backend, sandbox }: Upstream, server: RunningServer): string {
  return [
    '',
    sandbox ? 'Helpdesk GraphQL gateway, on the sandbox' : `Helpdesk GraphQL gateway for ${backend.url}`,
    '',
    `  GraphQL   ${server.url}/graphql   (WebSocket ${server.url.replace('http', 'ws')}/graphql)`,
    `  GraphiQL  ${config.documents.trusted.mode === 'ONLY' ? 'none (TRUSTED_DOCUMENTS=only)' : `${server.url}/graphql   (in a browser)`}`,
    ...receiversOf(config, backend, server).map(
      (receiver, index) => `  ${index === 0 ? 'Webhooks' : '        '}  ${receiver}`,
    ),
    '',
    ...callersOf(config, backend),
    ...(sandbox ? sandboxOf(config, sandbox) : []),
    '',
  ].join('\n');
}

/** Where events of each workspace come in; where no secret is configured, how they do. */
function receiversOf(
  { events: { publicUrl } }: Config,
  { workspaces }: BackendConfig,
  server: RunningServer,
): string[] {
  const signed = workspaces.filter(({ webhookSecrets }) => webhookSecrets.length > 0);
  if (signed.length > 0) return signed.map(({ id }) => receiverOf(server, id));
  if (publicUrl !== null) return [`${publicUrl}, registered by the gateway itself`];
  const asks = workspaces.some(({ apiKey }) => apiKey !== null);
  const meanwhile = asks ? '; until then changes are found by asking' : ' for live events';
  return [`none (set PUBLIC_URL or HELPDESK_WEBHOOK_SECRET${meanwhile})`];
}

function callersOf({ auth }: Config, { workspaces }: BackendConfig): string[] {
  const own = 'Authorization: Bearer <key> and X-Workspace-Id: <workspace>';
  switch (auth.mode) {
    case 'ANONYMOUS': {
      const held = heldKeys(workspaces).map(({ workspaceId }) => workspaceId);
      const named = held.length > 1 ? ', the one that X-Workspace-Id names,' : '';
      const level = auth.level === null ? '' : `, at the level ${auth.level}`;
      return [
        `A request without a key works: it acts for ${held.join(' or ')}${named} with the key that the gateway holds${level}.`,
        `To act with another key, send ${own}.`,
      ];
    }
    case 'PASS_THROUGH':
      return [`Each request brings a key of the helpdesk: ${own}.`];
    case 'JWT':
      return ['Each request brings a signed token: Authorization: Bearer <token>.'];
    case 'TOKENS':
      return [
        `Each request brings one of the ${auth.tokens.length} tokens that were handed out: Authorization: Bearer <token>.`,
      ];
  }
}

function sandboxOf(
  { sandbox: { agentsEveryMs } }: Config,
  { workspaceId, keys, tickets }: Sandbox,
): string[] {
  const agents =
    agentsEveryMs === null
      ? 'nobody works on them (SANDBOX_AGENTS=5: a change every 5 s)'
      : `simulated agents change one every ${agentsEveryMs / 1000} s (SANDBOX_AGENTS=off ends that)`;
  return [
    '',
    `The sandbox is a helpdesk inside this program, forgotten when it stops: ${tickets.count} tickets, and`,
    `${agents}.`,
    `Its workspace is ${workspaceId}, its keys`,
    `  read   ${keys.read}`,
    `  write  ${keys.write}`,
    `  admin  ${keys.admin}   (the one the gateway holds)`,
    'Set HELPDESK_URL, HELPDESK_API_KEY and HELPDESK_WORKSPACE_ID to serve a real one.',
  ];
}

/** What keeps a server from starting, and what to do about it; null: something else. */
function explain(error: unknown, env: NodeJS.ProcessEnv): string | null {
  if (error instanceof ConfigError || error instanceof StartError) return error.message;
  if (!(error instanceof Error) || !('code' in error)) return null;
  const host = env['HOST'] ?? '127.0.0.1';
  const port = env['PORT'] ?? '4000';
  if (error.code === 'EADDRINUSE') {
    return `Port ${port} of ${host} is taken: another program listens there, maybe this one, started twice.\nChoose another port: PORT=4001 npm start`;
  }
  if (error.code === 'EACCES')
    return `Port ${port} may not be used by this user. Choose one above 1023 with PORT.`;
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return `HOST=${host} is not an address of this machine.`;
  }
  return null;
}

/** A fault of the program: with its stack, without secrets. */
function unexpected(error: unknown): string {
  const { name, message, stack = `${name}: ${message}`, cause } = describeError(error);
  return cause === undefined ? stack : `${stack}\ncaused by ${cause.stack ?? cause.message}`;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  giveUp(explain(error, process.env) ?? unexpected(error));
}
