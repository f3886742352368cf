/** All subscribers of one run, in a process of their own. They connect at once, and count what comes. */
import { z } from 'zod';
import { answerParent } from '../child.ts';
import { createDelays, delayAt } from './delays.ts';
import { openLightSocket } from './light-socket.ts';
import { isWarming, monotonicMicros, readMark, type Mark } from './marks.ts';
import { agents, scenarios, subscribeOf } from './scenarios.ts';

export const subscribersTask = z.object({
  url: z.string(),
  connectionParams: z.record(z.string(), z.string()),
  scenario: z.enum(scenarios),
  subscribers: z.number(),
  /** Events that will be measured. */
  events: z.number(),
});
export type SubscribersTask = z.infer<typeof subscribersTask>;

export interface Progress {
  /** Have said what they want. */
  readonly subscribed: number;
  /** Have received something that only warms up. */
  readonly warm: number;
  /** Events that were measured, once for each subscriber. */
  readonly delivered: number;
  /** Subscriptions that have ended, or could not begin. */
  readonly ended: number;
}

export interface Received extends Progress {
  /** Events that came to a subscriber more than once. */
  readonly repeated: number;
  /** Events that came to a subscriber who had not asked for them. */
  readonly unasked: number;
  /** StreamGaps. */
  readonly gaps: number;
  /** Milliseconds from sending a webhook to receiving its event. */
  readonly delay: { readonly p50: number | null; readonly p99: number | null };
  /** Microseconds, monotonic: when the last of them came. null: none did. */
  readonly lastAt: number | null;
  /** Why subscriptions ended, and messages that nobody understood: some of them. */
  readonly trouble: readonly string[];
  /** CPU time of this process so far; milliseconds. */
  readonly cpuMs: number;
}

export interface SubscribersAnswers {
  readonly progress: Progress;
  readonly received: Received;
}

/** Handshakes under way at a time. */
const atOnce = 32;
/** A busy server may turn a client away; one that is well made comes again. */
const attempts = 5;
const maxTrouble = 5;

const task = subscribersTask.parse(JSON.parse(process.argv[2] ?? ''));
const { scenario, subscribers, events } = task;
const shared = Buffer.allocUnsafeSlow(65_536);
const seen = new Uint8Array(subscribers * events);
const warmed = new Uint8Array(subscribers);
const delays = createDelays();
const trouble: string[] = [];
const mark: Mark = { number: 0, sentAt: 0 };
const counts = { subscribed: 0, warm: 0, delivered: 0, ended: 0, repeated: 0, unasked: 0, gaps: 0 };
let lastAt: number | null = null;

/** @returns whether the frame brought an event that is measured */
function count(subscriber: number, buffer: Buffer, from: number, to: number): boolean {
  if (!readMark(buffer, from, to, mark)) return false;
  const { number, sentAt } = mark;
  const cell = subscriber * events + number;
  if (scenario === 'c' && number % agents !== subscriber % agents) counts.unasked += 1;
  else if (seen[cell] === 1) counts.repeated += 1;
  else {
    seen[cell] = 1;
    counts.delivered += 1;
    lastAt = monotonicMicros();
    delays.add(lastAt - sentAt);
  }
  return true;
}

function note(reason: string): void {
  if (trouble.length < maxTrouble) trouble.push(reason);
}

function hear(subscriber: number, text: string): void {
  if (text.includes('"StreamGap"')) counts.gaps += 1;
  else if (isWarming(text)) {
    if (warmed[subscriber] === 0) counts.warm += 1;
    warmed[subscriber] = 1;
  } else if (!text.includes('"StreamReady"')) note(text.slice(0, 300));
}

async function open(subscriber: number): Promise<void> {
  const { url, connectionParams } = task;
  await openLightSocket({
    url,
    connectionParams,
    subscribe: subscribeOf(scenario, subscriber),
    shared,
    onFrame: (buffer, from, to) => count(subscriber, buffer, from, to),
    onNext: (text) => hear(subscriber, text),
    onEnd: (reason) => {
      counts.ended += 1;
      note(reason);
    },
  });
  counts.subscribed += 1;
}

async function persist(subscriber: number): Promise<void> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    try {
      await open(subscriber);
      return;
    } catch (error) {
      note(`attempt ${attempt} to subscribe: ${String(error)}`);
    }
  }
  counts.ended += 1;
}

let next = 0;
const persistAll = async (): Promise<void> => {
  while (next < subscribers) await persist(next++);
};
for (let lane = 0; lane < atOnce; lane += 1) void persistAll();

answerParent<SubscribersAnswers>(
  {
    progress: () => counts,
    received: () => {
      const { user, system } = process.cpuUsage();
      return {
        ...counts,
        delay: { p50: delayAt(delays, 50), p99: delayAt(delays, 99) },
        lastAt,
        trouble,
        cpuMs: (user + system) / 1000,
      };
    },
  },
  () => process.exit(0),
);
