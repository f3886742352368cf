import { freePort } from '../support/free-port.ts';
import { startProgram, type Program } from '../support/program.ts';
import { until, within } from '../support/wait.ts';

/** A gateway in a process of its own, on one port for all its lives. */
export interface GatewayProcess extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** What all its lives have written to standard error. */
  readonly errors: string;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Its next life. Resolves once it takes requests. */
  start(): Promise<void>;
}

/** Milliseconds for a process to begin on a busy machine. */
const startMs = 30_000;

/** Starts `src/main.ts`. @param env on top of a clean environment and the port */
export async function startGatewayProcess(env: Readonly<Record<string, string>>): Promise<GatewayProcess> {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  let program: Program | null = null;
  let before = '';

  const kill = async (): Promise<void> => {
    const running = program;
    if (running === null) return;
    program = null;
    running.signal('SIGKILL');
    await within('end of the gateway', running.ended);
    before += running.errors;
  };
  const start = async (): Promise<void> => {
    const args = ['--import', './src/check-node.mjs', 'src/main.ts'];
    const started = startProgram(process.execPath, args, { ...env, PORT: String(port) });
    program = started;
    let over = false;
    void started.ended.then(() => (over = true));
    await until('the gateway', () => over || started.output.includes('/graphql'), startMs);
    if (over) throw new Error(`the gateway ended:\n${started.output}\n${started.errors}`);
  };
  await start();
  return {
    origin,
    get errors() {
      return before + (program?.errors ?? '');
    },
    kill,
    start,
    [Symbol.asyncDispose]: kill,
  };
}
