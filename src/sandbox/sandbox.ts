import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { createCore } from './core.ts';
import type { Core } from './core.ts';
import type { Deliveries } from './deliveries.ts';
import type { Faults } from './faults.ts';
import type { SandboxWorkspace } from './handle.ts';
import { basePath } from './incoming.ts';
import type { SandboxOptions } from './options.ts';
import type { RecordedRequest } from './recorder.ts';
import type { Level } from './rows.ts';
import type { RateLimitBehaviour, RateWindow, WindowState } from './window.ts';

export interface SandboxRateLimit {
  /** For all keys, at once: windows under way go on with the new limit. */
  configure(behaviour: Partial<RateLimitBehaviour>): void;
  /** Another program spends the key. @param requests @default all that is left */
  spend(key: string, requests?: number): void;
  /** Another program goes on spending the key; the returned function ends it. */
  spendEvery(key: string, everyMs: number, requests?: number): () => void;
  state(key: string): WindowState;
  /** Every window begins anew. */
  reset(): void;
}

/**
 * A helpdesk in the process: the whole REST contract over real HTTP on loopback.
 * The members of `SandboxWorkspace` speak for the first workspace.
 */
export interface Sandbox extends SandboxWorkspace {
  /** Base URL: `http://127.0.0.1:<port>/helpdesk/api/v1` */
  readonly url: string;
  readonly port: number;
  /** In the order they came in. */
  readonly requests: readonly RecordedRequest[];
  forgetRequests(): void;
  readonly faults: Faults;
  readonly rateLimit: SandboxRateLimit;
  readonly deliveries: Deliveries;
  /** Throws if there is no such workspace. */
  workspace(id: string): SandboxWorkspace;
  /** One more key. @param workspaceId @default the first */
  createKey(level: Level, workspaceId?: string): string;
  /** From now on the key is INVALID_API_KEY. */
  revokeKey(key: string): void;
  /** Cursors handed out so far are refused from now on. */
  expireCursors(): void;
  setLatency(ms: number): void;
  /** From now on connections are refused, and those there were are cut. */
  goDown(): Promise<void>;
  /** Listens again, on the same port. */
  comeBack(): Promise<void>;
  /** Ends listening, agents, deliveries and open connections. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Idle connections stay open this long, so that a client's pool decides and not a race; milliseconds. */
const idleMs = 75_000;

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the sandbox listens on no port');
  return address.port;
}

async function unlisten(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

function rateLimitOf({ dials, keys, clock }: Core, spenders: Set<() => void>): SandboxRateLimit {
  const windowOf = (key: string): RateWindow => {
    const found = keys.get(key);
    if (!found) throw new Error('the sandbox has no such key');
    return found.window;
  };
  const spendEvery = (key: string, everyMs: number, requests = 1): (() => void) => {
    const window = windowOf(key);
    let cancel = (): void => {};
    const again = (): void => {
      cancel = clock.after(everyMs, () => {
        window.spend(clock.now(), requests);
        again();
      });
    };
    const stop = (): void => {
      cancel();
      spenders.delete(stop);
    };
    again();
    spenders.add(stop);
    return stop;
  };
  return {
    configure: (behaviour) => {
      dials.rateLimit = { ...dials.rateLimit, ...behaviour };
    },
    spend: (key, requests) => {
      windowOf(key).spend(clock.now(), requests);
    },
    spendEvery,
    state: (key) => windowOf(key).state(clock.now()),
    reset: () => {
      for (const { window } of keys.all()) window.reset();
    },
  };
}

function createClose(
  { park, deliveries }: Core,
  server: Server,
  spenders: ReadonlySet<() => void>,
): () => Promise<void> {
  const end = async (): Promise<void> => {
    for (const { handle } of park.opened()) handle.agents.stop();
    for (const stop of spenders) stop();
    await deliveries.close();
    await unlisten(server);
  };
  let ended: Promise<void> | null = null;
  return () => (ended ??= end());
}

/** Starts a sandbox on 127.0.0.1. Rejects if the port is taken. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const core = createCore(options);
  const { firstId, dials, keys, park, recorder } = core;
  const server = createServer({ keepAliveTimeout: idleMs }, core.listener);
  const port = await listen(server, options.port ?? 0);
  dials.url = `http://127.0.0.1:${port}${basePath}`;
  const spenders = new Set<() => void>();
  const close = createClose(core, server, spenders);
  const first = park.get(firstId).handle;
  if (options.agents === true) first.agents.start();
  else if (options.agents) first.agents.start(options.agents.everyMs);

  return {
    ...first,
    url: dials.url,
    port,
    requests: recorder.requests,
    forgetRequests: recorder.forget,
    faults: core.faults,
    rateLimit: rateLimitOf(core, spenders),
    deliveries: core.deliveries,
    workspace: (id) => park.get(id).handle,
    createKey: (level, workspaceId = firstId) => keys.create(park.get(workspaceId).workspace.id, level).key,
    revokeKey: (key) => {
      keys.revoke(key);
    },
    expireCursors: () => {
      dials.cursorEpoch += 1;
    },
    setLatency: (ms) => {
      dials.latencyMs = ms;
    },
    goDown: () => unlisten(server),
    comeBack: async () => {
      await listen(server, port);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
