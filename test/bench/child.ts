import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A process of the benchmark's own that answers questions. */
export interface Child<Answers> extends AsyncDisposable {
  ask<Name extends keyof Answers & string>(question: Name): Promise<Answers[Name]>;
}

export interface ChildOptions {
  /** A command that runs Node, with its arguments: `['taskset', '-c', '0']`. @default none */
  readonly under?: readonly string[];
  /** Options of Node. @default none */
  readonly nodeOptions?: readonly string[];
  /** Milliseconds for an answer; raw figures of a long run are a few megabytes. @default 20_000 */
  readonly patienceMs?: number;
  /** Milliseconds to end once the parent has gone; then it is killed. @default it is waited for */
  readonly graceMs?: number;
}

/**
 * Starts `file`, named from the folder of this one, which must call `answerParent`, and waits until it is ready.
 * @throws Error if it ends before
 */
export async function startChild<Answers>(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  { under = [], nodeOptions = [], patienceMs = 20_000, graceMs }: ChildOptions = {},
): Promise<Child<Answers>> {
  const [execPath = process.execPath, ...execArgv] = [...under, process.execPath, ...nodeOptions];
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args, {
    env: {
      NODE_ENV: 'production',
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      ...env,
    },
    execPath,
    execArgv,
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await answerOf(child, 'ready', patienceMs);
  return {
    ask: async (question) => {
      if (!child.connected) throw new Error(`the process had ended before ${question}`);
      const answered = answerOf(child, question, patienceMs);
      child.send(question, () => undefined);
      return (await answered) as Answers[typeof question];
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      const timer = graceMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), graceMs);
      child.disconnect();
      await ended;
      clearTimeout(timer);
    },
  };
}

interface Message {
  readonly question: string;
  readonly answer: unknown;
}

function answerOf(child: ChildProcess, question: string, patienceMs: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => end(new Error(`no answer to ${question}`)), patienceMs);
    const hear = (message: unknown) => {
      const { question: answered, answer } = message as Message;
      if (answered === question) end(null, answer);
    };
    const exit = (code: number | null) => end(new Error(`the process ended (${code}) before ${question}`));
    const end = (error: Error | null, answer?: unknown) => {
      clearTimeout(timer);
      child.off('message', hear);
      child.off('exit', exit);
      if (error) reject(error);
      else resolve(answer);
    };
    child.on('message', hear);
    child.once('exit', exit);
  });
}

/**
 * The other side: says that it is ready, answers until the parent has gone, then closes. An answer that fails ends the
 * process, and so the wait for it.
 */
export function answerParent<Answers>(
  answers: { readonly [Name in keyof Answers]: () => Answers[Name] | Promise<Answers[Name]> },
  close: () => Promise<void>,
): void {
  const reply = (message: Message) => process.send?.(message);
  process.on('message', (question: keyof Answers & string) => {
    void Promise.resolve(answers[question]()).then((answer) => reply({ question, answer }));
  });
  process.once('disconnect', () => {
    void close();
  });
  reply({ question: 'ready', answer: null });
}
