/**
 * How many operations one gateway answers, and from how few REST calls, beside others that do the same: a helpdesk, the
 * servers before it and their clients, each in a process of its own. See README.md.
 *
 *     node test/bench/reads.ts [--only ticket,cold,calm,list,fields,mix,office] [--targets gateway,storeless,mercurius,yoga,raw,bare]
 *       [--no-peers] [--rounds 3] [--seconds 3] [--agents 50,200,500] [--office-seconds 60] [--seed 1]
 *       [--cpu-prof <folder>]
 */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { coresOf, loadLine, machineLines } from './live/machine.ts';
import { installPeers } from './live/targets.ts';
import { check } from './reads/check.ts';
import { goalsOf, type Rounds } from './reads/goals.ts';
import { measure } from './reads/measure.ts';
import { runOffice, type Office } from './reads/office.ts';
import { doubts, failuresLine, fieldsTable, goalLines, loadTable, officeTable } from './reads/report.ts';
import {
  openStage,
  peerNames,
  serverNames,
  targetNames,
  type ServerName,
  type Stage,
  type TargetName,
} from './reads/stage.ts';
import { openTasks } from './reads/task.ts';
import {
  ticketsForChecks,
  ticketsForThroughput,
  workloadNames,
  workloads,
  type Workload,
  type WorkloadName,
} from './reads/workloads.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: [...workloadNames, 'office'].join(',') },
    targets: { type: 'string', default: targetNames.join(',') },
    'no-peers': { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    agents: { type: 'string', default: '50,200,500' },
    'office-seconds': { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    'cpu-prof': { type: 'string' },
  },
});

const list = z.string().transform((text) => text.split(','));
const whole = z.coerce.number().int().positive();
const isPeer = (name: TargetName): boolean => peerNames.some((peer) => peer === name);
const options = {
  only: list.pipe(z.array(z.enum([...workloadNames, 'office']))).parse(values.only),
  targets: list
    .pipe(z.array(z.enum(targetNames)))
    .parse(values.targets)
    .filter((name) => !values['no-peers'] || !isPeer(name)),
  rounds: whole.parse(values.rounds),
  seconds: z.coerce.number().positive().parse(values.seconds),
  agents: values.agents.split(',').map((agents) => whole.parse(agents)),
  officeSeconds: whole.parse(values['office-seconds']),
  seed: whole.parse(values.seed),
};

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const trouble = (text: string): void => say(`  ${text}`);

const cores = coresOf();
for (const text of machineLines(cores)) say(text);
if (options.targets.some(isPeer)) installPeers(say);
const began = performance.now();
await using tasks = await openTasks();
const shared = { cores, tasks, profiles: values['cpu-prof'] ?? null };
const servers = serverNames.filter((name) => options.targets.includes(name));

/** Where nothing is limited, so that it is the servers that are measured. */
const stageOf = (names: readonly ServerName[], tickets: number): Promise<Stage> =>
  openStage({ ...shared, servers: names, tickets, limit: null, changing: null, oneKey: false });

async function checked(): ReturnType<typeof check> {
  await using stage = await stageOf(servers, ticketsForChecks);
  return await check(stage, shared);
}

const fields = await checked();
say('\nEvery target answers with what the helpdesk has. 100 tickets with custom fields cost:');
for (const text of fieldsTable(fields)) say(text);

/** What is told of a target that tells nothing about the workload. */
const pointless: Readonly<Partial<Record<WorkloadName, readonly TargetName[]>>> = {
  cold: ['bare'],
  calm: ['bare'],
  mix: ['storeless'],
};

async function measured(workload: Workload, targets: readonly TargetName[]): Promise<Rounds> {
  // The ceiling sends what the gateway answers.
  const needed = serverNames.filter(
    (name) => targets.includes(name) || (name === 'gateway' && targets.includes('bare')),
  );
  await using stage = await stageOf(needed, ticketsForThroughput);
  return await measure(workload, stage, { ...shared, ...options, targets, trouble });
}

const loads = new Map<WorkloadName, Rounds>();
for (const name of options.only) {
  if (name === 'office') continue;
  const workload = workloads[name];
  say(`\n${name}: ${workload.title}; ${workload.connections} connections`);
  const targets = options.targets.filter((target) => !(pointless[name] ?? []).includes(target));
  const results = await measured(workload, targets);
  loads.set(name, results);
  for (const text of [...loadTable(results), ...doubts(results).map((doubt) => `  ${doubt}`)]) say(text);
  say(`  ${loadLine()}`);
}

const offices: (readonly [ServerName, Office])[] = [];
if (options.only.includes('office')) {
  const { seed, officeSeconds: seconds } = options;
  const most = Math.max(...options.agents);
  say(
    `\noffice: each agent polls a list every 5 s and opens a ticket every 10 s, for ${seconds} s; 400 REST calls a minute`,
  );
  const work = async (name: ServerName, agents: number): Promise<void> => {
    try {
      offices.push([name, await runOffice(name, { ...shared, agents, seconds, seed })]);
    } catch (error) {
      trouble(`${name} with ${agents} agents failed: ${String(error)}`);
    }
  };
  if (servers.includes('gateway')) for (const agents of options.agents) await work('gateway', agents);
  // They refuse nearly everything, which leaves room for one another.
  await Promise.all(servers.filter(isPeer).map((name) => work(name, most)));
  for (const text of officeTable(offices)) say(text);
  for (const [name, office] of offices) {
    const text = failuresLine(name, office);
    if (text !== null) say(`  ${text}`);
  }
  say(`  ${loadLine()}`);
}

say('\nTo reach:');
for (const text of goalLines(goalsOf({ loads, offices, fields }))) say(text);
say(`\n${Math.round((performance.now() - began) / 1000)} s in all`);
