/** The floor: the REST requests that operations cost, without GraphQL. A client of a pool of connections that parses what comes. */
import { Pool } from 'undici';
import { z } from 'zod';
import { answerParent } from '../child.ts';
import { figuresOf, type ProcessFigures } from '../live/process-figures.ts';
import { closedLoop, stretch, type Measured, type Stretch } from './closed-loop.ts';
import { readTask } from './task.ts';

export const rawTask = z.object({
  /** Base URL of REST. */
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  /** The paths of each operation, asked for at once. */
  operations: z.array(z.array(z.string())),
  from: z.number(),
  connections: z.number(),
  warmUp: stretch,
  seconds: z.number(),
});
export type RawTask = z.input<typeof rawTask>;

export interface RawAnswers extends ProcessFigures {
  readonly warm: Measured;
  readonly measure: Measured;
  /** What REST answers to each request of each operation. */
  readonly bodies: readonly (readonly unknown[])[];
}

const { url, headers, operations, from, connections, warmUp, seconds } = readTask(rawTask);
const { origin, pathname } = new URL(url);
const most = Math.max(...operations.slice(0, 1).map((paths) => paths.length));
const pool = new Pool(origin, { pipelining: 1, connections: connections * most });
let next = from;

async function get(path: string): Promise<unknown> {
  const { statusCode, body } = await pool.request({ method: 'GET', path: pathname + path, headers });
  const answer: unknown = await body.json();
  if (statusCode !== 200) throw new Error(`${statusCode} ${JSON.stringify(answer).slice(0, 300)}`);
  return answer;
}

const run = (lasting: Stretch): Promise<Measured> =>
  closedLoop({
    lanes: connections,
    ...lasting,
    ask: (_lane, ended) => {
      const paths = operations[next % operations.length] ?? [];
      next += 1;
      void Promise.all(paths.map(get)).then(
        () => ended(null),
        (error: unknown) => ended(String(error)),
      );
    },
  });

answerParent<RawAnswers>(
  {
    warm: () => run(warmUp),
    measure: () => run({ seconds }),
    bodies: () => Promise.all(operations.map((paths) => Promise.all(paths.map(get)))),
    ...figuresOf(),
  },
  () => pool.close(),
);
