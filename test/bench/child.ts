import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A process of the benchmark's own that answers questions. */
export interface Child<Answers> extends AsyncDisposable {
  ask<Name extends keyof Answers & string>(question: Name): Promise<Answers[Name]>;
}

/** Milliseconds for an answer; raw figures of a long run are a few megabytes. */
const patienceMs = 20_000;

/**
 * Starts `file`, which must lie beside this one and call `answerParent`, and waits until it is ready.
 * @throws Error if it ends before
 */
export async function startChild<Answers>(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Child<Answers>> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args, {
    env: { PATH: process.env['PATH'], ...env },
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await answerOf(child, 'ready');
  return {
    ask: async (question) => {
      const answered = answerOf(child, question);
      child.send(question);
      return (await answered) as Answers[typeof question];
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}

interface Message {
  readonly question: string;
  readonly answer: unknown;
}

function answerOf(child: ChildProcess, question: string): Promise<unknown> {
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

/** The other side: says that it is ready, answers until the parent has gone, then closes. */
export function answerParent<Answers>(
  answers: { readonly [Name in keyof Answers]: () => Answers[Name] },
  close: () => Promise<void>,
): void {
  const reply = (message: Message) => process.send?.(message);
  process.on('message', (question: keyof Answers & string) => {
    reply({ question, answer: answers[question]() });
  });
  process.once('disconnect', () => {
    void close();
  });
  reply({ question: 'ready', answer: null });
}
