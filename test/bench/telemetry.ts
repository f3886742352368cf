/** What telling costs: nanoseconds of the process for one operation, medians of interleaved rounds. `node test/bench/telemetry.ts` */
import { createMeter } from '../../src/domain/operation.ts';
import { noTelemetry, type Telemetry } from '../../src/domain/telemetry.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { createOperationLog } from '../../src/telemetry/operation-log.ts';

const silent = (): void => undefined;
const log = { debug: silent, info: silent, warn: silent, error: silent };
const trace = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: null, sampled: null, state: null };
const end = { outcome: 'OK', codes: [], meter: { ...createMeter(), cacheHits: 1 } } as const;
const begun = { name: 'TicketsPage', kind: 'query', trace } as const;
const call = { method: 'GET', path: '/tickets', attempt: 1, waitedMs: 0, priority: 'QUERY', trace } as const;

const operation = (telemetry: Telemetry) => () => telemetry.operation(begun).end(end);
const { telemetry: metrics } = createMetrics();
const contenders: Readonly<Record<string, () => void>> = {
  'nobody watches': operation(noTelemetry),
  'an operation counted': operation(metrics),
  'an operation that is not slow': operation(createOperationLog({ log, level: null, slowMs: 5_000 })),
  'a REST call counted': () => metrics.call(call).end(200, null),
};

const times = 300_000;
const rounds = 9;
const taken = new Map(Object.keys(contenders).map((name) => [name, [] as number[]]));
for (let round = 0; round < rounds; round += 1) {
  for (const [name, run] of Object.entries(contenders)) {
    const { user, system } = process.cpuUsage();
    for (let time = 0; time < times; time += 1) run();
    const after = process.cpuUsage();
    taken.get(name)?.push(((after.user + after.system - user - system) * 1000) / times);
  }
}
for (const [name, figures] of taken) {
  const median = figures.toSorted((one, other) => one - other)[Math.floor(rounds / 2)] ?? 0;
  process.stdout.write(`${name.padEnd(32)}${median.toFixed(0).padStart(6)} ns\n`);
}
