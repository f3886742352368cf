import { startChild } from '../child.ts';
import type { BareTask } from './bare.ts';
import type { TargetAnswers } from '../live/process-figures.ts';
import type { Measured, Stretch } from './closed-loop.ts';
import type { LoadAnswers, LoadTask } from './load.ts';
import { graphqlOf, restOf, type Operation } from './operations.ts';
import type { RawAnswers, RawTask } from './raw.ts';
import {
  ask,
  type Server,
  type ServerName,
  type Stage,
  type StageOptions,
  type TargetName,
} from './stage.ts';
import type { Workload } from './workloads.ts';

/** What one target did in one round; null: not known of it. Times are milliseconds. */
export interface Round {
  readonly perSecond: number;
  readonly failed: number;
  readonly failure: string | null;
  readonly p50: number | null;
  readonly p99: number | null;
  /** REST requests for each operation. */
  readonly rest: number | null;
  /** CPU time of the target for 1,000 operations. */
  readonly cpuMs: number | null;
  /** Most bytes of its process so far. */
  readonly peak: number;
  /** Of a core, that the clients took; null: the target is its own client. */
  readonly clients: number | null;
}

export interface MeasureOptions extends Pick<StageOptions, 'cores' | 'tasks'> {
  readonly targets: readonly TargetName[];
  readonly rounds: number;
  readonly seconds: number;
  /** Operations before the first measured one, for compilers to learn by; or 20 s of them. @default 20_000 */
  readonly leastWarm?: number;
  /** Hears of rounds that could not be measured. */
  readonly trouble: (text: string) => void;
}

/** Load before each measured stretch, as a part of it. */
const warmPart = 1 / 3;
const mostWarmSeconds = 20;
/** Answers that the ceiling sends in turn, at most. */
const bareAnswers = 20;
/** By how many operations each round begins later than the one before it: a prime, so that cold stays cold. */
const stride = 7919;

/** What all passes of one workload share. */
interface Setting {
  readonly workload: Workload;
  readonly operations: readonly Operation[];
  readonly stage: Stage;
  readonly options: MeasureOptions;
}

/**
 * Rounds of all targets in turn, so that what the machine does meanwhile befalls all of them.
 * @param stage has all servers among the targets, and the gateway where the ceiling is one
 */
export async function measure(
  workload: Workload,
  stage: Stage,
  options: MeasureOptions,
): Promise<ReadonlyMap<TargetName, readonly Round[]>> {
  const { targets } = options;
  const operations = workload.operations(await stage.sandbox.ask('ids'));
  const setting: Setting = { workload, operations, stage, options };
  await using bare = targets.includes('bare') ? await startBare(setting) : null;
  const results = new Map(targets.map((name) => [name, [] as Round[]]));
  for (let round = 0; round < options.rounds; round += 1) {
    for (const [name, rounds] of results) {
      const server = name === 'bare' ? bare : name === 'raw' ? null : stage.servers.get(name);
      try {
        if (name === 'raw') rounds.push(await passOfRaw(setting, round));
        else if (server) rounds.push(await passOfServer(name, server, setting, round));
        else throw new Error('it was not started');
      } catch (error) {
        // The others can still be measured.
        options.trouble(`${name} failed: ${String(error)}`);
      }
    }
  }
  return results;
}

/** Clients of REST are made anew for each round, and servers are not. */
const warmUpOf = (
  name: TargetName,
  { seconds, leastWarm = 20_000 }: MeasureOptions,
  round: number,
): Stretch => ({
  seconds: seconds * warmPart,
  ...((round === 0 || name === 'raw') && { least: leastWarm, most: mostWarmSeconds }),
});

const temperatureHeaders = ({ temperature }: Workload): Record<string, string> =>
  temperature === 'cold' ? { 'cache-control': 'no-cache' } : {};

/** The ceiling sends what the gateway would. */
async function startBare({ operations, stage, options }: Setting): Promise<Server & AsyncDisposable> {
  const gateway = stage.servers.get('gateway');
  if (!gateway) throw new Error('the ceiling needs the bytes of the gateway');
  const bodies: string[] = [];
  for (const operation of operations.slice(0, bareAnswers))
    bodies.push((await ask(gateway, graphqlOf(operation))).text);
  const process = await startChild<TargetAnswers>(
    'reads/bare.ts',
    [await options.tasks.write({ bodies } satisfies BareTask)],
    {},
    { under: options.cores.server },
  );
  return {
    url: (await process.ask('address')).graphql,
    headers: gateway.headers,
    process,
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}

const usedBy = async (name: TargetName, { sandbox }: Stage): Promise<number> =>
  (await sandbox.ask('used'))[name] ?? 0;

async function passOfServer(
  name: ServerName | 'bare',
  server: Server,
  { workload, operations, stage, options }: Setting,
  round: number,
): Promise<Round> {
  const task = {
    url: server.url,
    headers: { ...server.headers, ...temperatureHeaders(workload) },
    bodies: operations.map((operation) => JSON.stringify(graphqlOf(operation))),
    from: round * stride,
    connections: workload.connections,
    warmUp: warmUpOf(name, options, round),
    seconds: options.seconds,
  } satisfies LoadTask;
  await using load = await startChild<LoadAnswers>(
    'reads/load.ts',
    [await options.tasks.write(task)],
    {},
    { under: options.cores.others, patienceMs: 120_000 },
  );
  await load.ask('warm');
  const [cpuBefore, usedBefore] = [await server.process.ask('cpuMs'), await usedBy(name, stage)];
  const measured = await load.ask('measure');
  const cpuMs = (await server.process.ask('cpuMs')) - cpuBefore;
  const used = (await usedBy(name, stage)) - usedBefore;
  return {
    ...roundOf(measured, cpuMs, await server.process.ask('peak')),
    rest: name === 'bare' ? null : each(used, measured),
    clients: measured.cpuMs / measured.tookMs,
  };
}

async function passOfRaw({ workload, operations, stage, options }: Setting, round: number): Promise<Round> {
  const task = {
    ...stage.rest,
    operations: operations.map((operation) => [...restOf(operation)]),
    from: round * stride,
    connections: workload.connections,
    warmUp: warmUpOf('raw', options, round),
    seconds: options.seconds,
  } satisfies RawTask;
  await using raw = await startChild<RawAnswers>(
    'reads/raw.ts',
    [await options.tasks.write(task)],
    {},
    { under: options.cores.server, patienceMs: 120_000 },
  );
  await raw.ask('warm');
  const usedBefore = await usedBy('raw', stage);
  const measured = await raw.ask('measure');
  const used = (await usedBy('raw', stage)) - usedBefore;
  return {
    ...roundOf(measured, measured.cpuMs, await raw.ask('peak')),
    rest: each(used, measured),
    clients: null,
  };
}

/** null: nothing was answered. */
const each = (total: number, { operations }: Pick<Measured, 'operations'>): number | null =>
  operations === 0 ? null : total / operations;

const roundOf = (
  { operations, failed, failure, tookMs, p50, p99 }: Measured,
  cpuMs: number,
  peak: number,
): Omit<Round, 'rest' | 'clients'> => ({
  perSecond: (operations / tookMs) * 1000,
  failed,
  failure,
  p50,
  p99,
  cpuMs: each(cpuMs * 1000, { operations }),
  peak,
});
