import { startChild } from '../child.ts';
import { percentile } from '../figures.ts';
import type { BackendCall } from '../windows.ts';
import type { OfficeAnswers, OfficeDay, OfficeTask } from './office-load.ts';
import { openStage, type ServerName, type StageOptions } from './stage.ts';
import { stalenessOf, type History } from './versions.ts';
import { zipfIds } from './workloads.ts';

/** What one office came to. Times are milliseconds. */
export interface Office {
  readonly agents: number;
  readonly seconds: number;
  readonly due: number;
  readonly answered: number;
  /** Codes of those that failed. */
  readonly failures: readonly string[];
  /** REST requests from its beginning to its last answer, the gateway's own included. */
  readonly calls: number;
  readonly refused: number;
  /** From the moment an operation was due, of those that were answered. */
  readonly p50: number | null;
  readonly p99: number | null;
  /** Of it for the turn of its REST calls, where answers say so. */
  readonly waitedP99: number | null;
  /** When a refusal was told. */
  readonly failedAfter: number | null;
  readonly stalest: number | null;
  readonly stalenessP99: number | null;
  /** Answers that showed what something newer was known of. */
  readonly stale: number;
  /** Lists that never were so. */
  readonly neverSo: number;
  /** Changes behind everybody's back. */
  readonly changes: number;
  /** CPU time of the server for 1,000 operations. */
  readonly cpuMs: number;
  /** Bytes. */
  readonly peak: number;
  /** Of a core, that the agents took. */
  readonly clients: number;
  /** How late the agents were themselves, p99. */
  readonly late: number | null;
}

export interface OfficeOptions extends Pick<StageOptions, 'cores' | 'tasks' | 'profiles'> {
  readonly agents: number;
  readonly seconds: number;
  readonly seed: number;
}

/** Requests a minute, as the real helpdesk allows. */
const limit = 400;
const tickets = 500;

/** One server, one office, one key: everything that the gateway reads by itself is paid from it too. */
export async function runOffice(name: ServerName, options: OfficeOptions): Promise<Office> {
  const { agents, seconds, seed, cores, tasks, profiles } = options;
  await using stage = await openStage({
    servers: [name],
    tickets,
    limit,
    changing: zipfIds,
    cores,
    tasks,
    profiles,
    oneKey: true,
  });
  const server = stage.servers.get(name);
  if (!server) throw new Error(`${name} was not started`);
  const task = {
    url: server.url,
    headers: server.headers,
    agents,
    seconds,
    seed,
    ids: (await stage.sandbox.ask('ids')).slice(0, zipfIds),
  } satisfies OfficeTask;
  await using load = await startChild<OfficeAnswers>(
    'reads/office-load.ts',
    [await tasks.write(task)],
    {},
    { under: cores.others, patienceMs: (seconds + 60) * 1000 },
  );
  const cpuBefore = await server.process.ask('cpuMs');
  const day = await load.ask('work');
  const cpuMs = (await server.process.ask('cpuMs')) - cpuBefore;
  const peak = await server.process.ask('peak');
  const [calls, history] = [await stage.sandbox.ask('calls'), await stage.sandbox.ask('history')];
  return {
    agents,
    seconds,
    ...figuresOf(day, calls, history),
    cpuMs: (cpuMs / day.outcomes.length) * 1000,
    peak,
  };
}

/** Pure. */
export function figuresOf(
  { from, outcomes, sights, cpuMs }: OfficeDay,
  calls: readonly BackendCall[],
  history: History,
): Omit<Office, 'agents' | 'seconds' | 'cpuMs' | 'peak'> {
  const answered = outcomes.filter(({ code }) => code === null);
  const failed = outcomes.filter(({ code }) => code !== null);
  const over = Math.max(from, ...outcomes.map(({ answeredAt }) => answeredAt));
  const during = calls.filter(({ at }) => at >= from && at <= over);
  const waits = answered.map(({ dueAt, answeredAt }) => answeredAt - dueAt);
  const { ages, neverSo } = stalenessOf(history, sights);
  return {
    due: outcomes.length,
    answered: answered.length,
    failures: failed.flatMap(({ code }) => code ?? []),
    calls: during.length,
    refused: during.filter(({ status }) => status === 429).length,
    p50: percentile(waits, 50),
    p99: percentile(waits, 99),
    waitedP99: percentile(
      answered.flatMap(({ waitedMs }) => waitedMs ?? []),
      99,
    ),
    failedAfter: percentile(
      failed.map(({ dueAt, answeredAt }) => answeredAt - dueAt),
      50,
    ),
    stalest: percentile(ages, 100),
    stalenessP99: percentile(ages, 99),
    neverSo,
    stale: ages.filter((ms) => ms > 0).length,
    changes: history.versions.filter(({ row }) => {
      const madeAt = Date.parse(row.updatedAt);
      return madeAt >= from && madeAt <= over;
    }).length,
    clients: over === from ? 0 : cpuMs / (over - from),
    late: percentile(
      outcomes.map(({ dueAt, sentAt }) => sentAt - dueAt),
      99,
    ),
  };
}
