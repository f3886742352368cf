import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { tellLog, tellSecretsOf } from './log-sink.ts';
import { until, within } from './wait.ts';

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

export interface Program extends AsyncDisposable {
  /** What it has written to standard output so far. */
  readonly output: string;
  /** What it has written to standard error so far. */
  readonly errors: string;
  /** The exit code once it has ended; null where a signal ended it. */
  readonly ended: Promise<number | null>;
  signal(name: NodeJS.Signals): void;
}

/** What this process was started with, but for what would configure a gateway. */
const cleanEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^(HELPDESK_|SANDBOX_|AUTH_MODE$|ALLOW_ANONYMOUS$|CORS_ORIGINS$|METRICS_|OTEL_|SLOW_OPERATION_MS$|LOG_|HOST$|PORT$|PUBLIC_URL$|TRUST_PROXY$|REDIS_URL$|DATA_DIR$|WORKSPACES_FILE$|GATEWAY_TOKENS_FILE$|JWT_|ANONYMOUS_LEVEL$|TRUSTED_|MAX_|INTROSPECTION$|FIELD_SUGGESTIONS$|WEBHOOK_|CACHE_|SHUTDOWN_DELAY_SECONDS$|NODE_OPTIONS$|VITEST|FORCE_COLOR$)/.test(
          name,
        ),
    ),
  );

/**
 * Starts a command as a user would; the whole of it is ended with the test.
 * @param folder @default the project's
 */
export function startProgram(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  folder: string = projectRoot,
): Program {
  tellSecretsOf(env);
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...cleanEnvironment(), NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that what it has started itself can be ended with it.
    detached: true,
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const ended = once(child, 'close').then(([code]) => {
    tellLog(errors);
    return typeof code === 'number' ? code : null;
  });
  const signal = (name: NodeJS.Signals) => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, name);
    } catch {
      // It has ended already.
    }
  };
  return {
    get output() {
      return output;
    },
    get errors() {
      return errors;
    },
    ended,
    signal,
    [Symbol.asyncDispose]: async () => {
      signal('SIGKILL');
      await within('end of the program', ended);
    },
  };
}

export interface StartedGateway extends Program {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
}

/** `npm start` on a free port, once it says that it serves. */
export const npmStart = (env: Readonly<Record<string, string>> = {}): Promise<StartedGateway> =>
  serving(startProgram('npm', ['start'], { PORT: '0', ...env }));

/**
 * The same without npm between: signals and exit codes are those of the gateway itself.
 * @param imports further modules that are loaded first, as `node --import` takes them
 */
export const nodeStart = (
  env: Readonly<Record<string, string>> = {},
  imports: readonly string[] = [],
): Promise<StartedGateway> => {
  const first = ['./src/check-node.mjs', ...imports].flatMap((module) => ['--import', module]);
  return serving(startProgram(process.execPath, [...first, 'src/main.ts'], { PORT: '0', ...env }));
};

async function serving(program: Program): Promise<StartedGateway> {
  const address = () => /http:\/\/[\w.:[\]]+(?=\/graphql\b)/.exec(program.output)?.[0];
  let over = false;
  void program.ended.then(() => (over = true));
  await until('the address of the gateway', () => address() !== undefined || over, 40_000);
  const origin = address();
  if (origin === undefined) {
    throw new Error(`the gateway ended without an address:\n${program.output}\n${program.errors}`);
  }
  return {
    origin,
    get output() {
      return program.output;
    },
    get errors() {
      return program.errors;
    },
    ended: program.ended,
    signal: program.signal,
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}
