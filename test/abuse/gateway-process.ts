/**
 * The gateway in a process of its own, as `npm start` builds it, but with less patience where that is asked for.
 * It says how much memory it holds and what it complained of.
 */
import { parseConfig } from '../../src/config/config.ts';
import { createGateway } from '../../src/gateway.ts';
import { startServer } from '../../src/http/server.ts';
import { searched } from '../support/log-sink.ts';
import { answerParent } from '../bench/child.ts';
import { figuresOf, type ProcessFigures } from '../bench/live/process-figures.ts';
import { impatient, patient } from './times.ts';

export interface GatewayAnswers extends ProcessFigures {
  readonly port: number;
  /** Answers that went out again as they went out before. */
  readonly repeated: number;
  /** Errors in the log: each is taken for a defect. */
  readonly defects: readonly string[];
}

const defects: string[] = [];
const silent = (): void => undefined;
const log = searched({
  debug: silent,
  info: silent,
  warn: silent,
  error: (fields, message) => {
    // It is for people to look into, and no fault of the gateway's.
    if (message === 'webhook: a genuine delivery could not be understood') return;
    defects.push(`${message} ${JSON.stringify(fields)}`);
  },
});

const { backend, ...config } = parseConfig(process.env);
if (backend === null) throw new Error('the suite names a backend');
const { headersTimeoutMs, requestTimeoutMs, ...limits } =
  process.argv[2] === 'impatient' ? impatient : patient;
const gateway = createGateway({ ...config, backend }, { log, limits, background: false });
const server = await startServer(gateway, {
  ...config,
  ...(headersTimeoutMs !== undefined && { headersTimeoutMs }),
  ...(requestTimeoutMs !== undefined && { requestTimeoutMs }),
});

answerParent<GatewayAnswers>(
  {
    port: () => server.port,
    repeated: () => gateway.answers?.served ?? 0,
    defects: () => defects,
    ...figuresOf(),
  },
  () => server.close(),
);
