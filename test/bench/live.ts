/**
 * How many subscribers one process can serve, beside others that do the same: servers, subscribers and a sender of
 * signed webhooks, each in a process of its own. See README.md.
 *
 *     node test/bench/live.ts [--scenario a,b,c] [--subscribers 100,1000] [--targets gateway,mercurius,yoga]
 *       [--no-peers] [--rounds 1] [--rate 50] [--seconds 10] [--drain 30] [--log memory|sqlite] [--cpu-prof <folder>]
 */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { newSecret } from '../support/delivery.ts';
import { check } from './live/check.ts';
import { coresOf, fileLimit, loadLine, machineLines } from './live/machine.ts';
import { comparison, table } from './live/report.ts';
import { measure, type Run, type RunOptions } from './live/run.ts';
import { scenarios, type Scenario } from './live/scenarios.ts';
import { installPeers, startTarget, targets, type TargetName, type TargetOptions } from './live/targets.ts';

const { values } = parseArgs({
  options: {
    scenario: { type: 'string', default: 'a,b,c' },
    subscribers: { type: 'string' },
    targets: { type: 'string', default: 'gateway,mercurius,yoga' },
    rounds: { type: 'string', default: '1' },
    rate: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '10' },
    drain: { type: 'string', default: '30' },
    log: { type: 'string', default: 'memory' },
    'no-peers': { type: 'boolean', default: false },
    'cpu-prof': { type: 'string' },
  },
});

const list = z.string().transform((text) => text.split(','));
const number = z.coerce.number().int().positive();
const options = {
  scenarios: list.pipe(z.array(z.enum(scenarios))).parse(values.scenario),
  sizes: values.subscribers?.split(',').map((size) => number.parse(size)) ?? null,
  targets: values['no-peers']
    ? (['gateway'] as const)
    : list.pipe(z.array(z.enum(targets))).parse(values.targets),
  rounds: number.parse(values.rounds),
  rate: number.parse(values.rate),
  seconds: number.parse(values.seconds),
  drain: number.parse(values.drain),
  log: z.enum(['memory', 'sqlite']).parse(values.log),
};

/** How many subscribers each scenario is measured with, unless that is said: what tells most in twelve minutes. */
const usualSizes: Readonly<Record<Scenario, readonly number[]>> = {
  a: [100, 1000, 5000, 10_000],
  b: [1000],
  c: [1000, 10_000],
};

/** Files that a process opens beside its sockets to subscribers. */
const otherFiles = 300;

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const titles: Readonly<Record<Scenario, string>> = {
  a: 'every event to every subscriber, all with one document',
  b: 'every event to every subscriber, half of them with documents of their own',
  c: 'each event to one subscriber in a hundred',
};

async function runs(name: TargetName, run: RunOptions, into: Run[]): Promise<void> {
  try {
    into.push(await measure(name, run));
    for (const text of into.at(-1)?.trouble ?? []) say(`  ${name}: ${text}`);
  } catch (error) {
    say(`  ${name} failed: ${String(error)}`);
  }
}

async function compare(scenario: Scenario, subscribers: number, target: TargetOptions): Promise<void> {
  const { rate, seconds, drain } = options;
  say(`\n(${scenario}) ${titles[scenario]}: ${subscribers} subscribers, ${rate} webhooks/s for ${seconds} s`);
  const results = new Map(options.targets.map((name) => [name, [] as Run[]]));
  for (let round = 0; round < options.rounds; round += 1) {
    for (const [name, into] of results)
      await runs(name, { ...target, scenario, subscribers, rate, seconds, drain }, into);
  }
  for (const line of table(results)) say(line);
  for (const line of [comparison(results), loadLine()]) if (line !== null) say(`  ${line}`);
}

const cores = coresOf();
const files = fileLimit();
const sizesOf = (scenario: Scenario): readonly number[] => options.sizes ?? usualSizes[scenario];
const most = Math.max(...options.scenarios.flatMap(sizesOf));
if (files !== null && files < most + otherFiles)
  throw new Error(
    `${most} subscribers need ${most + otherFiles} open files: raise the hard limit (ulimit -Hn), it is ${files}`,
  );
for (const line of machineLines(cores)) say(line);
if (options.targets.some((name) => name !== 'gateway')) installPeers(say);

const target: TargetOptions = {
  cores,
  secret: newSecret(),
  log: options.log,
  profiles: values['cpu-prof'] ?? null,
};
const began = performance.now();
for (const name of options.targets) {
  await using started = await startTarget(name, { ...target, profiles: null });
  await check(started, target.secret).catch((error: unknown) => {
    throw new Error(`${name} does not deliver one event rightly: nothing is measured`, { cause: error });
  });
}
for (const scenario of options.scenarios) {
  for (const subscribers of sizesOf(scenario)) await compare(scenario, subscribers, target);
}
say(`\n${Math.round((performance.now() - began) / 1000)} s in all; ${options.log} log`);
