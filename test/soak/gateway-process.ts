/** The gateway in a process of its own, as `npm start` builds it, which says what it holds. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parseConfig } from '../../src/config/config.ts';
import type { Log } from '../../src/domain/log.ts';
import { createGateway } from '../../src/gateway.ts';
import { startServer } from '../../src/http/server.ts';
import { answerParent } from '../bench/child.ts';

export interface SoakAnswers {
  /** Bytes, after what is no longer needed was cleared away. */
  readonly memory: { readonly rss: number; readonly heap: number; readonly external: number };
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** What keeps the process alive, by kind. */
  readonly resources: Readonly<Record<string, number>>;
  /** What Node itself warned of: listeners without end, rejections handled late. */
  readonly warnings: readonly string[];
  /** Errors in the log, by text. */
  readonly errors: Readonly<Record<string, number>>;
  /** Closes the server; what keeps the process alive then. */
  readonly closed: Readonly<Record<string, number>>;
}

const warnings: string[] = [];
process.on('warning', (warning) => warnings.push(`${warning.name}: ${warning.message}`));

const errors: Record<string, number> = {};
const silent = (): void => undefined;
const log: Log = {
  debug: silent,
  info: silent,
  warn: silent,
  error: (_fields, message) => {
    errors[message] = (errors[message] ?? 0) + 1;
  },
};

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What one collection lets go of may free more at the next, and what is finalised only in a later turn. */
const memory = async (): Promise<SoakAnswers['memory']> => {
  for (let times = 0; times < 5; times += 1) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed, external };
};

const resources = (): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
};

const { backend, ...config } = parseConfig(process.env);
if (backend === null) throw new Error('the soak names a backend');
const server = await startServer(createGateway({ ...config, backend }, { log }), config);
let ended: Promise<void> | null = null;
const close = (): Promise<void> => (ended ??= server.close());

answerParent<SoakAnswers>(
  {
    memory,
    origin: () => server.url,
    resources,
    warnings: () => warnings,
    errors: () => errors,
    closed: async () => {
      await close();
      // What has been closed is let go in the turns that follow.
      await new Promise((resolve) => setTimeout(resolve, 500).unref());
      return resources();
    },
  },
  close,
);
