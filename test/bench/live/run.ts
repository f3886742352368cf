import { setTimeout as sleep } from 'node:timers/promises';
import { startChild, type Child } from '../child.ts';
import { percentile } from '../figures.ts';
import { audienceOf, type Scenario } from './scenarios.ts';
import type { Outcome, SenderAnswers, SenderTask, Sent } from './sender.ts';
import type { Progress, Received, SubscribersAnswers, SubscribersTask } from './subscribers.ts';
import { startTarget, type Target, type TargetName, type TargetOptions } from './targets.ts';

export interface RunOptions extends TargetOptions {
  readonly scenario: Scenario;
  readonly subscribers: number;
  /** Webhooks in a second. */
  readonly rate: number;
  readonly seconds: number;
  /** Seconds after the last webhook that are waited for what has not come. */
  readonly drain: number;
}

/** What one run has to show for itself; null: there is nothing to tell it by. Times are milliseconds, sizes bytes. */
export interface Run {
  readonly expected: number;
  readonly delivered: number;
  readonly repeated: number;
  readonly unasked: number;
  readonly gaps: number;
  /** Subscriptions that ended. */
  readonly ended: number;
  readonly framesPerSecond: number;
  readonly p50: number | null;
  readonly p99: number | null;
  /** After the last webhook until the last event; null: some never came. */
  readonly drained: number | null;
  readonly webhooks: {
    readonly sent: number;
    readonly taken: number;
    readonly p50: number | null;
    readonly p99: number | null;
  };
  /** For each subscriber that waits for events. */
  readonly idle: { readonly rss: number; readonly heap: number };
  /** Of the server, from the first webhook to the last event. */
  readonly cpuMs: number;
  /** Of a core, that the subscribers took: near 1 it is they who are measured. */
  readonly subscribersCpu: number;
  readonly trouble: readonly string[];
}

const pollMs = 250;
/** Milliseconds for all subscribers to stand, and for all of them to be warm. */
const patienceMs = 180_000;
/** Milliseconds that repeats are waited for once everything has come. */
const afterMs = 500;
/** A server that does less, of a core, has nothing to do. */
const quiet = 0.1;

export async function measure(name: TargetName, options: RunOptions): Promise<Run> {
  const { scenario, subscribers, rate, seconds, cores, secret } = options;
  const events = rate * seconds;
  await using target = await startTarget(name, options);
  const { address, connectionParams, process: server } = target;
  await using sender = await startChild<SenderAnswers>(
    'live/sender.ts',
    [
      JSON.stringify({
        url: address.webhook,
        secret,
        events,
        rate,
      } satisfies SenderTask),
    ],
    {},
    { under: cores.others, patienceMs },
  );
  refuse('create the tickets', await sender.ask('create'));
  await calm(target);
  const before = await server.ask('memory');
  await using load = await startChild<SubscribersAnswers>(
    'live/subscribers.ts',
    [
      JSON.stringify({
        url: address.graphql,
        connectionParams,
        scenario,
        subscribers,
        events,
      } satisfies SubscribersTask),
    ],
    {},
    { under: cores.others, patienceMs },
  );
  await until(load, 'to subscribe', ({ subscribed }) => subscribed === subscribers);
  await calm(target);
  const after = await server.ask('memory');
  await warmUp(load, sender, subscribers);
  await calm(target);
  const cpuBefore = await server.ask('cpuMs');
  const { cpuMs: loadBefore } = await load.ask('received');
  const began = performance.now();
  const sent = await sender.ask('send');
  const expected = expectedOf(scenario, subscribers, events);
  const received = await drain(load, expected, options.drain);
  const took = performance.now() - began;
  const cpuAfter = await server.ask('cpuMs');
  const outcomes = await sender.ask('outcomes');
  return {
    ...figures(received, sent, expected),
    webhooks: webhooksOf(sent, outcomes),
    idle: {
      rss: (after.rss - before.rss) / subscribers,
      heap: (after.heap - before.heap) / subscribers,
    },
    cpuMs: cpuAfter - cpuBefore,
    subscribersCpu: (received.cpuMs - loadBefore) / took,
  };
}

const expectedOf = (scenario: Scenario, subscribers: number, events: number): number =>
  Array.from({ length: events }, (_, event) => audienceOf(scenario, subscribers, event)).reduce(
    (sum, each) => sum + each,
    0,
  );

function figures(received: Received, sent: Sent, expected: number) {
  const { delivered, repeated, unasked, gaps, ended, delay, lastAt, trouble } = received;
  return {
    expected,
    delivered,
    repeated,
    unasked,
    gaps,
    ended,
    trouble,
    ...delay,
    framesPerSecond: lastAt === null ? 0 : (delivered / (lastAt - sent.firstAt)) * 1_000_000,
    drained: lastAt === null || delivered < expected ? null : Math.max(0, (lastAt - sent.lastAt) / 1000),
  };
}

function webhooksOf({ sent }: Sent, outcomes: readonly Outcome[]): Run['webhooks'] {
  const taken = outcomes.filter(({ status }) => status >= 200 && status < 300);
  const waits = taken.map(({ waitedMs }) => waitedMs);
  return { sent, taken: taken.length, p50: percentile(waits, 50), p99: percentile(waits, 99) };
}

function refuse(what: string, outcomes: readonly Outcome[]): void {
  const refused = outcomes.find(({ status }) => status < 200 || status >= 300);
  if (refused) throw new Error(`could not ${what}: a webhook was answered ${refused.status}`);
}

/** Waits until the server has nothing to do, for as long as it takes within reason. */
async function calm({ process: server }: Target): Promise<void> {
  let last = await server.ask('cpuMs');
  for (let waited = 0; waited < 30_000; waited += 500) {
    await sleep(500);
    const now = await server.ask('cpuMs');
    if ((now - last) / 500 < quiet) return;
    last = now;
  }
}

async function until(
  load: Child<SubscribersAnswers>,
  what: string,
  reached: (progress: Progress) => boolean,
): Promise<void> {
  for (const deadline = performance.now() + patienceMs; performance.now() < deadline;) {
    const progress = await load.ask('progress');
    if (reached(progress)) return;
    if (progress.ended > 0) break;
    await sleep(pollMs);
  }
  const { subscribed, warm, ended, trouble } = await load.ask('received');
  throw new Error(
    `the subscribers did not come ${what}: ${subscribed} subscribed, ${warm} warm, ${ended} ended; ${trouble.join('; ')}`,
  );
}

/** Sends events to everybody until each subscriber has received one: only then all subscriptions stand. */
async function warmUp(
  load: Child<SubscribersAnswers>,
  sender: Child<SenderAnswers>,
  subscribers: number,
): Promise<void> {
  for (let round = 0; round < minRounds || (await load.ask('progress')).warm < subscribers; round += 1) {
    if (round === maxRounds) await until(load, 'to be warm', ({ warm }) => warm === subscribers);
    refuse('warm up', await sender.ask('warm'));
    await sleep(pollMs);
  }
}

const minRounds = 3;
const maxRounds = 20;

/** Waits until everything has come, or for so many seconds. */
async function drain(load: Child<SubscribersAnswers>, expected: number, seconds: number): Promise<Received> {
  for (const deadline = performance.now() + seconds * 1000; performance.now() < deadline;) {
    if ((await load.ask('progress')).delivered >= expected) break;
    await sleep(pollMs);
  }
  // What comes now has come before.
  await sleep(afterMs);
  return load.ask('received');
}
