/** The gateway in a process of its own, as `npm start` builds it, but for a witness of who waits and who is served. */
import { parseConfig } from '../../src/config/config.ts';
import { systemClock } from '../../src/domain/clock.ts';
import type { Log } from '../../src/domain/log.ts';
import { createGateway } from '../../src/gateway.ts';
import { startServer } from '../../src/http/server.ts';
import type { LimiterReport } from '../../src/rate-limit/tally.ts';
import { createLimiterRegistry } from '../../src/rate-limit/memory-limiter.ts';
import { answerParent } from './child.ts';
import type { Turn } from './turns.ts';
import { createWitness } from './witness.ts';

export interface GatewayAnswers {
  readonly url: string;
  /** CPU time of the process so far, user and system, in milliseconds, and the wall clock's. */
  readonly cpu: { readonly usedMs: number; readonly at: number };
  readonly turns: readonly Turn[];
  readonly limiter: LimiterReport | null;
  /** Warnings and errors in the log, by text. */
  readonly complaints: Readonly<Record<string, number>>;
}

const complaints: Record<string, number> = {};
const complain = (_fields: object, message: string): void => {
  complaints[message] = (complaints[message] ?? 0) + 1;
};
const silent = (): void => undefined;
const log: Log = { debug: silent, info: silent, warn: complain, error: complain };

const { backend, ...config } = parseConfig(process.env);
if (backend === null) throw new Error('the benchmark names a backend');
const registry = createLimiterRegistry({ defaultLimit: backend.rateLimit, log });
const witness = createWitness(registry, systemClock);
// Every call is a client's: no sweep beside them.
const gateway = createGateway({ ...config, backend }, { log, limiters: witness.limiters, background: false });
const server = await startServer(gateway, config);

answerParent<GatewayAnswers>(
  {
    url: () => `${server.url}/graphql`,
    cpu: () => {
      const { user, system } = process.cpuUsage();
      return { usedMs: (user + system) / 1000, at: Date.now() };
    },
    turns: () => witness.turns,
    limiter: () => (witness.keyId === null ? null : registry.report(witness.keyId)),
    complaints: () => complaints,
  },
  () => server.close(),
);
