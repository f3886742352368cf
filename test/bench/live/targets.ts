import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startChild, type Child, type ChildOptions } from '../child.ts';
import type { Cores } from './machine.ts';
import type { Address, TargetAnswers } from './process-figures.ts';
import type { SandboxAnswers } from './sandbox.ts';

export const targets = ['gateway', 'mercurius', 'yoga'] as const;
export type TargetName = (typeof targets)[number];

/** A server under test, on its own. */
export interface Target extends AsyncDisposable {
  readonly address: Address;
  readonly connectionParams: Readonly<Record<string, string>>;
  readonly process: Child<TargetAnswers>;
}

export interface TargetOptions {
  readonly cores: Cores;
  /** What webhooks are signed with. */
  readonly secret: string;
  /** Where the gateway keeps its events. */
  readonly log: 'memory' | 'sqlite';
  /** Where the server writes a profile of its CPU time; null: it writes none. */
  readonly profiles: string | null;
}

const peers = new URL('../peers/', import.meta.url);

/** What was added last is what an older installation lacks. */
const neededPeers = ['mercurius', 'undici'];

export const peersInstalled = (): boolean =>
  neededPeers.every((name) => existsSync(new URL(`node_modules/${name}/package.json`, peers)));

/** Installs what the gateway is compared with, unless it is there. @throws Error if that fails */
export function installPeers(say: (text: string) => void): void {
  if (peersInstalled()) return;
  say('installing the peers into test/bench/peers (once)');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: fileURLToPath(peers),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

const serverOptions = ({ cores, profiles }: TargetOptions, ...more: string[]): ChildOptions => ({
  under: cores.server,
  nodeOptions: [...more, ...(profiles === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`])],
  // A server that has much to do answers late.
  patienceMs: 120_000,
  graceMs: 10_000,
});

export async function startTarget(name: TargetName, options: TargetOptions): Promise<Target> {
  if (name === 'gateway') return startGateway(options);
  const child = await startChild<TargetAnswers>(
    `peers/${name}.mjs`,
    [],
    { NODE_ENV: 'production', WEBHOOK_SECRET: options.secret },
    // One listener for each subscriber is what these servers are made for.
    serverOptions(options, '--disable-warning=MaxListenersExceededWarning'),
  );
  return {
    address: await child.ask('address'),
    connectionParams: {},
    process: child,
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

async function startGateway(options: TargetOptions): Promise<Target> {
  const { cores, secret, log } = options;
  const started = new AsyncDisposableStack();
  try {
    const sandbox = started.use(
      await startChild<SandboxAnswers>('live/sandbox.ts', [], {}, { under: cores.others }),
    );
    const { url, workspaceId, key } = await sandbox.ask('address');
    const folder = log === 'sqlite' ? await mkdtemp(join(tmpdir(), 'bench-live-')) : null;
    if (folder !== null) started.defer(() => rm(folder, { recursive: true, force: true }));
    const child = started.use(
      await startChild<TargetAnswers>(
        'live/gateway.ts',
        [],
        {
          NODE_ENV: 'production',
          PORT: '0',
          HELPDESK_URL: url,
          HELPDESK_API_KEY: key,
          HELPDESK_WORKSPACE_ID: workspaceId,
          HELPDESK_WEBHOOK_SECRET: secret,
          HELPDESK_RATE_LIMIT: '1000000',
          DATA_DIR: folder ?? 'off',
        },
        serverOptions(options),
      ),
    );
    return {
      address: await child.ask('address'),
      connectionParams: { Authorization: `Bearer ${key}`, 'X-Workspace-Id': workspaceId },
      process: child,
      [Symbol.asyncDispose]: () => started.disposeAsync(),
    };
  } catch (error) {
    await started.disposeAsync();
    throw error;
  }
}
