/**
 * How well the gateway spends one key's budget under load: sandbox, gateway and clients in three processes, over real
 * sockets, with the real limit. See README.md.
 *
 *     node test/bench/budget.ts [--seconds 60] [--clients 50,200,500] [--seed 1]
 */
import { cpus, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startChild, type Child } from './child.ts';
import { percent, shares, spread, tally } from './figures.ts';
import type { GatewayAnswers } from './gateway-process.ts';
import { startLoad, type Outcome } from './load.ts';
import type { SandboxAnswers } from './sandbox-process.ts';
import { clientHabits, schedule } from './schedule.ts';
import { fairnessOf } from './turns.ts';
import { fullWindows, longestStretch, windowsOf, type BackendCall } from './windows.ts';

const windowMs = 60_000;
/** A window begins with its first request: the last one may end so much after the measurement, under load still. */
const overhangMs = 5_000;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    clients: { type: 'string', default: '50,200,500' },
    seed: { type: 'string', default: '1' },
  },
});

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
const line = (name: string, value: string | number): void => say(`  ${name.padEnd(38)} ${value}`);

/** What one run has to show for itself. Moments are milliseconds since the epoch. */
interface Run {
  readonly clients: number;
  /** The measured time: it begins with the end of the first window. */
  readonly from: number;
  readonly to: number;
  /** Until then all clients went on. */
  readonly loadedUntil: number;
  readonly outcomes: readonly Outcome[];
  readonly calls: readonly BackendCall[];
  readonly limit: number;
  readonly cpu: number;
  readonly gateway: Pick<GatewayAnswers, 'turns' | 'limiter' | 'complaints'>;
}

async function measure(clients: number, seconds: number, seed: number): Promise<Run> {
  await using sandbox = await startChild<SandboxAnswers>('sandbox-process.ts', [
    String(clients),
    String(seed),
  ]);
  const { url, workspaceId, key } = await sandbox.ask('address');
  await using gateway = await startChild<GatewayAnswers>('gateway-process.ts', [], {
    NODE_ENV: 'production',
    PORT: '0',
    HELPDESK_URL: url,
    HELPDESK_API_KEY: key,
    HELPDESK_WORKSPACE_ID: workspaceId,
    DATA_DIR: 'off',
    // One operation is one REST call.
    CACHE_MAX_BYTES: '0',
  });
  const load = startLoad(await gateway.ask('url'), schedule(clients, seed, clientHabits));
  await sleep(windowMs / 2);
  const { limit, resetsAt: from } = await sandbox.ask('window');
  await until(from);
  const before = await gateway.ask('cpu');
  const to = from + seconds * 1000;
  await until(to);
  const after = await gateway.ask('cpu');
  await lastWindow(sandbox);
  const loadedUntil = Date.now();
  const outcomes = await load.end();
  return {
    clients,
    from,
    to,
    loadedUntil,
    outcomes,
    calls: await sandbox.ask('calls'),
    limit,
    cpu: (after.usedMs - before.usedMs) / (after.at - before.at),
    gateway: {
      turns: await gateway.ask('turns'),
      limiter: await gateway.ask('limiter'),
      complaints: await gateway.ask('complaints'),
    },
  };
}

const until = (moment: number): Promise<void> => sleep(Math.max(0, moment - Date.now()));

/** Waits for the end of the window that runs, if that is near. */
async function lastWindow(sandbox: Child<SandboxAnswers>): Promise<void> {
  const { resetsAt } = await sandbox.ask('window');
  const rest = resetsAt - Date.now();
  if (rest > 0 && rest <= overhangMs) await sleep(rest + 100);
}

function report(run: Run): void {
  const { from, to, limit, gateway } = run;
  const seconds = (to - from) / 1000;
  const due = run.outcomes.filter(({ dueAt }) => dueAt >= from && dueAt < to);
  const answered = due.filter(({ code }) => code === null);
  const failed = due.filter(({ code }) => code !== null);
  say(`\n${run.clients} clients, ${seconds} s, one key`);
  for (const kind of ['LIST', 'CREATE'] as const) {
    const ofKind = due.filter((outcome) => outcome.kind === kind);
    const served = ofKind.filter(({ code }) => code === null);
    line(
      kind === 'LIST' ? 'lists due / answered' : 'tickets due / answered',
      `${ofKind.length} / ${served.length}`,
    );
    line('  wait of the answered', spread(served.map(({ dueAt, answeredAt }) => answeredAt - dueAt)));
    line('  of it for their turn', spread(served.flatMap(({ waitedMs }) => waitedMs ?? [])));
  }
  line('operations due / answered', `${due.length} / ${answered.length}`);
  line('failed by code', tally(failed.flatMap(({ code }) => code ?? [])));
  line('  told so after', spread(failed.map(({ dueAt, answeredAt }) => answeredAt - dueAt)));
  line('answered for each client', shares(due, run.clients));
  reportWindows(run);
  const { waited, mostBehindOneClient, passedOver } = fairnessOf(gateway.turns, from, to);
  line('calls that waited behind others', waited);
  line('  behind one other client at most', mostBehindOneClient);
  line('  behind more than one of a client', passedOver);
  line('calls refused by the gateway, in all', gateway.limiter?.refusedHere ?? 0);
  line(
    'its longest stretch with a call waiting',
    `${gateway.limiter?.longestStretchMs ?? 0} ms (warm-up included)`,
  );
  line('CPU of the gateway', `${percent(run.cpu)} of a core, ${cpuEach(run, due)} an operation`);
  line(
    'warnings in its log',
    tally(Object.entries(gateway.complaints).flatMap(([text, n]) => Array<string>(n).fill(text))),
  );
  line('clients sent late by', spread(due.map(({ dueAt, sentAt }) => sentAt - dueAt)));
  say(`  limit ${limit} a minute`);
}

function reportWindows({ calls, from, to, loadedUntil, limit }: Run): void {
  const windows = fullWindows(windowsOf(calls, windowMs), from, loadedUntil);
  const during = calls.filter(({ at }) => at >= from && at < to);
  const used = windows.map((window) => `${window.used} of ${limit} (${percent(window.used / limit)})`);
  line('REST calls', during.length);
  line('used of each full window', used.join(', ') || 'no full window was measured');
  for (const { atOnce, tenths } of windows) {
    line('  calls in its first second', `${atOnce} (${percent(atOnce / limit)})`);
    line('  calls in each tenth of it', tenths.join(' '));
  }
  line('longest stretch without a call', `${longestStretch(calls, from, windows.at(-1)?.endedAt ?? to)} ms`);
  const refused = calls.filter(({ status }) => status === 429);
  const early = refused.filter(({ at }) => at < from).length;
  line('429s received', `${refused.length - early} (and ${early} before the first turnover)`);
}

const cpuEach = ({ cpu, from, to }: Run, due: readonly Outcome[]): string =>
  `${Math.round((cpu * (to - from) * 1000) / Math.max(1, due.length))} µs`;

const seed = Number(values.seed);
const [{ model } = { model: 'unknown' }] = cpus();
say(
  `machine: ${model.trim()}, ${cpus().length} cores; ${process.platform} ${process.arch}; Node ${process.version}`,
);
say(
  `load of the machine before: ${loadavg()
    .map((load) => load.toFixed(1))
    .join(' ')}; seed ${seed}`,
);
for (const clients of values.clients.split(',').map(Number))
  report(await measure(clients, Number(values.seconds), seed));
