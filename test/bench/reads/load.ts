/** Clients of GraphQL in a process of their own: connections that stay open, each asking as soon as it was answered. */
import { z } from 'zod';
import { answerParent } from '../child.ts';
import { closedLoop, stretch, type Ending, type Measured, type Stretch } from './closed-loop.ts';
import { openLightConnection, requestBytes, type LightAnswer } from './light-http.ts';
import { readTask } from './task.ts';

export const loadTask = z.object({
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  /** Sent in turn, over and over. */
  bodies: z.array(z.string()),
  /** Which of them is first. */
  from: z.number(),
  connections: z.number(),
  warmUp: stretch,
  seconds: z.number(),
});
export type LoadTask = z.input<typeof loadTask>;

export interface LoadAnswers {
  /** Load that does not count. */
  readonly warm: Measured;
  readonly measure: Measured;
}

/** One buffer for everything that is read: an answer of many tickets fits into it. */
const shared = Buffer.alloc(1024 * 1024);

const errors = Buffer.from('"errors":');
/** In every answer that has a ticket in it. */
const ticket = Buffer.from('"updatedAt":');

function endingOf(answer: LightAnswer | null): Ending {
  if (answer === null) return 'the connection was cut';
  const { status, body } = answer;
  if (status === 200 && body.includes(ticket) && !body.includes(errors)) return null;
  return `${status} ${body.toString('utf8', 0, 300)}`;
}

const { url, headers, bodies, from, connections, warmUp, seconds } = readTask(loadTask);
const requests = bodies.map((body) => requestBytes(url, headers, body));
let next = from;

/** Over new connections: a server may close those that were idle for a while. */
async function run(lasting: Stretch): Promise<Measured> {
  const opening = Array.from({ length: connections }, () => openLightConnection(url, shared));
  const open = await Promise.all(opening);
  const measured = await closedLoop({
    lanes: connections,
    ...lasting,
    ask: (lane, ended) => {
      const request = requests[next % requests.length];
      const connection = open[lane];
      next += 1;
      if (!request || !connection) throw new Error('there is nothing to ask, or nobody');
      connection.ask(request, (answer) => ended(endingOf(answer)));
    },
  });
  for (const connection of open) connection.close();
  return measured;
}

answerParent<LoadAnswers>({ warm: () => run(warmUp), measure: () => run({ seconds }) }, () =>
  process.exit(0),
);
