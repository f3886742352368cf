/** The gateway in a process of its own, as `npm start` builds it. */
import { parseConfig } from '../../../src/config/config.ts';
import type { Log } from '../../../src/domain/log.ts';
import { createGateway } from '../../../src/gateway.ts';
import { startServer } from '../../../src/http/server.ts';
import { answerParent } from '../child.ts';
import { figuresOf, type TargetAnswers } from './process-figures.ts';

/** Warnings and errors go to standard error: a gateway that complains is not measured in silence. */
const complained = new Set<string>();
const complain = (fields: object, message: string): void => {
  if (complained.has(message)) return;
  complained.add(message);
  console.error('gateway:', message, fields);
};
const silent = (): void => undefined;
const log: Log = { debug: silent, info: silent, warn: complain, error: complain };

const { backend, ...config } = parseConfig(process.env);
if (backend === null) throw new Error('the benchmark names a backend');
const server = await startServer(createGateway({ ...config, backend }, { log }), config);

answerParent<TargetAnswers>(
  {
    address: () => ({
      graphql: `${server.url}/graphql`,
      webhook: `${server.url}/webhooks/helpdesk/${backend.workspaces[0]?.id ?? ''}`,
    }),
    ...figuresOf(),
  },
  () => server.close(),
);
