import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort } from './free-port.ts';
import { until, within } from './wait.ts';

const executable = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'redis-server'))
  .find((file) => existsSync(file));

/** Whether tests that need Redis may be left out: there is none, and nobody insisted (`REQUIRE_REDIS=1`, as CI does). */
export const redisMissing = executable === undefined && process.env['REQUIRE_REDIS'] !== '1';

if (redisMissing) {
  process.stderr.write(
    'NO REDIS: tests against a real Redis are left out. Install `redis-server`; REQUIRE_REDIS=1 makes this a failure.\n',
  );
}

export interface RedisServer extends AsyncDisposable {
  readonly url: string;
  /** Ends it at once, as a crash would. What it held is lost, unless it is durable. */
  kill(): Promise<void>;
  /** Begins again on the same port: empty, or with what it had acknowledged if it is durable. */
  start(): Promise<void>;
  /** It stays connected and answers nothing, until `thaw`. */
  freeze(): void;
  thaw(): void;
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (is: boolean) => {
      socket.destroy();
      resolve(is);
    };
    socket.once('error', () => end(false));
    socket.once('data', (data) => end(data.toString().startsWith('+PONG')));
    socket.write('PING\r\n');
  });

export interface RedisServerOptions {
  /** Each write is on the disk before it is acknowledged. @default false, which writes nothing to disk */
  readonly durable?: boolean;
  /** More of its command line, as `['--maxmemory', '10mb']`. @default none */
  readonly settings?: readonly string[];
}

/** A Redis of its own on a free port; gone with the test. */
export async function startRedis({
  durable = false,
  settings = [],
}: RedisServerOptions = {}): Promise<RedisServer> {
  if (executable === undefined) throw new Error('redis-server is not on the PATH');
  const program = executable;
  const folder = await mkdtemp(join(tmpdir(), 'gateway-redis-'));
  const port = await freePort();
  let child: ChildProcess | null = null;

  async function start(): Promise<void> {
    const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
    const disk = durable ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
    child = spawn(program, [...options, ...disk, ...settings], { stdio: 'ignore' });
    await until('Redis', () => answers(port));
  }

  async function kill(): Promise<void> {
    const running = child;
    child = null;
    if (running === null) return;
    const ended = once(running, 'close');
    running.kill('SIGKILL');
    await within('end of Redis', ended);
  }

  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    kill,
    start,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    [Symbol.asyncDispose]: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The slot of a cluster that a key belongs to, as `CLUSTER KEYSLOT` says. */
export function slotOf(key: string): number {
  const [, tag] = /^[^{]*\{([^}]+)\}/.exec(key) ?? [];
  let sum = 0;
  for (const byte of Buffer.from(tag ?? key)) {
    sum ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) sum = ((sum << 1) ^ (sum & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return sum % 16_384;
}
