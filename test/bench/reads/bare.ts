/** The ceiling: node:http that sends the bytes of right answers and does nothing else, whatever it is asked. */
import { createServer } from 'node:http';
import { z } from 'zod';
import { answerParent } from '../child.ts';
import { figuresOf, type TargetAnswers } from '../live/process-figures.ts';
import { readTask } from './task.ts';

export const bareTask = z.object({
  /** Sent in turn, over and over. */
  bodies: z.array(z.string()),
});
export type BareTask = z.infer<typeof bareTask>;

const bodies = readTask(bareTask).bodies.map((body) => Buffer.from(body));
let next = 0;
const server = createServer((_request, response) => {
  const body = bodies[next % bodies.length];
  next += 1;
  response.writeHead(200, ['content-type', 'application/json', 'content-length', String(body?.length ?? 0)]);
  response.end(body);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = server.address();
const port = typeof address === 'object' && address !== null ? address.port : 0;

answerParent<TargetAnswers>(
  { address: () => ({ graphql: `http://127.0.0.1:${port}/graphql`, webhook: '' }), ...figuresOf() },
  () => {
    server.closeAllConnections();
    server.close();
    return Promise.resolve();
  },
);
