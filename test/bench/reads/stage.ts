import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { newSecret } from '../../support/delivery.ts';
import { freePort } from '../../support/free-port.ts';
import { startChild, type Child } from '../child.ts';
import type { Cores } from '../live/machine.ts';
import type { TargetAnswers } from '../live/process-figures.ts';
import type { GraphqlRequest } from './operations.ts';
import type { SandboxAnswers, SandboxTask } from './sandbox.ts';
import type { Tasks } from './task.ts';

/** `storeless`: the gateway with `CACHE_MAX_BYTES=0`. */
export const serverNames = ['gateway', 'storeless', 'mercurius', 'yoga'] as const;
export type ServerName = (typeof serverNames)[number];

/** `raw`: REST without GraphQL, the floor. `bare`: node:http that sends the same bytes, the ceiling. */
export const targetNames = [...serverNames, 'raw', 'bare'] as const;
export type TargetName = (typeof targetNames)[number];

export const peerNames = ['mercurius', 'yoga'] as const satisfies readonly ServerName[];

/** Bytes of REST answers that the gateway may keep. */
const storeBytes = 64 * 1024 * 1024;

/** A server under test that stands before the stage's helpdesk. */
export interface Server {
  readonly url: string;
  /** By which clients say who they are. */
  readonly headers: Readonly<Record<string, string>>;
  readonly process: Child<TargetAnswers>;
}

/** A helpdesk, and servers before it that do not know of each other; each spends a key of its own. */
export interface Stage extends AsyncDisposable {
  readonly sandbox: Child<SandboxAnswers>;
  readonly rest: { readonly url: string; readonly headers: Readonly<Record<string, string>> };
  readonly servers: ReadonlyMap<ServerName, Server>;
}

export interface StageOptions extends Pick<SandboxTask, 'tickets' | 'limit' | 'changing'> {
  readonly servers: readonly ServerName[];
  readonly cores: Cores;
  readonly tasks: Tasks;
  /** Where servers write profiles of their CPU time; null: they write none. */
  readonly profiles: string | null;
  /** Whether the gateway looks for changes with the key that its callers use; else with another. */
  readonly oneKey: boolean;
}

const workspaceId = 'ws_sandbox';
const ownKeyOf = (name: ServerName): string => `${name} itself`;
const isGateway = (name: ServerName): boolean => name === 'gateway' || name === 'storeless';

export async function openStage(options: StageOptions): Promise<Stage> {
  const { tickets, limit, changing, cores, tasks, profiles } = options;
  const nodeOptions = profiles === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`];
  const opened = new AsyncDisposableStack();
  try {
    const gateways = await Promise.all(
      options.servers
        .filter(isGateway)
        .map(async (name) => ({ name, port: await freePort(), secret: newSecret() })),
    );
    const task = await tasks.write({
      tickets,
      limit,
      changing,
      callers: [...options.servers, ...gateways.map(({ name }) => ownKeyOf(name)), 'raw'],
      webhooks: gateways.map(({ port, secret }) => ({
        targetUrl: `http://127.0.0.1:${port}/webhooks/helpdesk/${workspaceId}`,
        secret,
      })),
    } satisfies SandboxTask);
    const sandbox = opened.use(
      await startChild<SandboxAnswers>(
        'reads/sandbox.ts',
        [task],
        {},
        { under: cores.others, patienceMs: 60_000 },
      ),
    );
    const { url, keys } = await sandbox.ask('address');
    const headersOf = (caller: string) => ({
      authorization: `Bearer ${keys[caller] ?? ''}`,
      'x-workspace-id': workspaceId,
    });
    const servers = new Map<ServerName, Server>();
    for (const name of options.servers) {
      const gateway = gateways.find((each) => each.name === name);
      const process = opened.use(
        await startChild<TargetAnswers>(
          gateway ? 'live/gateway.ts' : `peers/reads-${name}.mjs`,
          [],
          {
            NODE_ENV: 'production',
            HELPDESK_URL: url,
            HELPDESK_API_KEY: keys[options.oneKey || !gateway ? name : ownKeyOf(name)] ?? '',
            HELPDESK_WORKSPACE_ID: workspaceId,
            ...(gateway && environmentOf(gateway, limit)),
          },
          { under: cores.server, nodeOptions, patienceMs: 60_000, graceMs: 10_000 },
        ),
      );
      servers.set(name, { url: (await process.ask('address')).graphql, headers: headersOf(name), process });
    }
    const gatewayServers = [...servers].filter(([name]) => isGateway(name));
    await Promise.all(gatewayServers.map(([, server]) => live(server)));
    return {
      sandbox,
      rest: { url, headers: headersOf('raw') },
      servers,
      [Symbol.asyncDispose]: () => opened.disposeAsync(),
    };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

const environmentOf = (
  gateway: { readonly name: ServerName; readonly port: number; readonly secret: string },
  limit: number | null,
): Record<string, string> => ({
  PORT: String(gateway.port),
  HELPDESK_WEBHOOK_SECRET: gateway.secret,
  HELPDESK_RATE_LIMIT: String(limit ?? 1_000_000),
  DATA_DIR: 'off',
  // It is live the sooner.
  POLL_SECONDS: '1',
  CACHE_MAX_BYTES: gateway.name === 'gateway' ? String(storeBytes) : '0',
});

/** What a server answers. @throws Error where it is no answer of GraphQL */
export async function ask({ url, headers }: Pick<Server, 'url' | 'headers'>, request: GraphqlRequest) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  const text = await response.text();
  const { data, errors } = z
    .object({ data: z.unknown(), errors: z.unknown().optional() })
    .parse(JSON.parse(text));
  if (errors !== undefined) throw new Error(`errors: ${JSON.stringify(errors).slice(0, 500)}`);
  return { data, text };
}

const liveData = z.object({ eventStream: z.object({ live: z.boolean() }) });
const livePollMs = 250;
const livePatienceMs = 60_000;

/** Waits until a gateway relies on its webhooks, as it does as soon as it has run for some seconds. */
async function live(server: Server): Promise<void> {
  for (let waited = 0; waited < livePatienceMs; waited += livePollMs) {
    const { data } = await ask(server, { query: '{ eventStream { live } }', variables: {} });
    if (liveData.parse(data).eventStream.live) return;
    await sleep(livePollMs);
  }
  throw new Error('the gateway did not come to rely on its webhooks');
}
