import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { newSecret } from '../support/delivery.ts';
import { until } from '../support/wait.ts';
import type { FeedEvent } from './feed-message.ts';
import { everything, filters } from './filters.ts';
import { startGatewayProcess } from './gateway-process.ts';
import { headOf, readLog } from './read-log.ts';
import { createSender, type SenderFigures } from './sender.ts';
import { createRandom, createStorm } from './storm.ts';
import {
  createSubscriber,
  subscribeOverSocket,
  subscribeOverSse,
  type Connection,
  type Subscriber,
} from './subscriber.ts';
import { createExpectation, createReference, judge, type Expectation } from './verdict.ts';

/** What can be killed and begun again: a gateway, or a store. */
export interface Victim {
  readonly name: string;
  kill(): Promise<void>;
  start(): Promise<void>;
}

export interface ScenarioOptions {
  /** Gateways that share one log. */
  readonly gateways: number;
  /** Where they keep it. */
  readonly env: Readonly<Record<string, string>>;
  /** Beside the gateways. @default nothing */
  readonly stores?: readonly Victim[];
  readonly subscribers: number;
  readonly deliveries: number;
  /** Deliveries a second. */
  readonly perSecond: number;
  /** Whom to kill, in this order, evenly over the storm: `gateway 1` and so on, and stores by their names. */
  readonly kills: readonly string[];
  /** Milliseconds for the last subscriber to hear of the last event, once everything was delivered. */
  readonly patienceMs: number;
  readonly seed: number;
}

export interface Figures extends SenderFigures {
  readonly deliveries: number;
  readonly kills: number;
  /** Milliseconds from a kill to the moment when the killed takes requests again, at most. */
  readonly longestDownMs: number;
  /** In the log. */
  readonly events: number;
  readonly stale: number;
  readonly subscribers: number;
  /** Connections that subscribers have opened. */
  readonly connections: number;
  /** Events that subscribers were told. */
  readonly frames: number;
  /** Of them, out of the log. */
  readonly replayed: number;
  readonly gaps: number;
  /** Updates that slow subscribers were not told of, because a later one of the same ticket was on its way. */
  readonly coalesced: number;
  /** Milliseconds between two events for a subscriber that hears of all, at most. */
  readonly longestSilenceMs: number;
  /** Errors that subscribers met and got over, by code. */
  readonly errors: Readonly<Record<string, number>>;
}

export interface Outcome {
  readonly figures: Figures;
  /** Broken promises, in words; none: all were kept. */
  readonly faults: readonly string[];
  /** What the gateways wrote to standard error. */
  readonly logs: string;
}

const tickets = 40;

/** Kills gateways and stores in a storm of deliveries, and holds what subscribers were told against the log. */
export async function runScenario(options: ScenarioOptions): Promise<Outcome> {
  const random = createRandom(options.seed);
  const secret = newSecret();
  await using sandbox = await startSandbox({ tickets: 0, rateLimit: { limit: 1_000_000 } });
  const env = {
    HELPDESK_URL: sandbox.url,
    HELPDESK_WORKSPACE_ID: sandbox.workspaceId,
    HELPDESK_API_KEY: sandbox.keys.read,
    HELPDESK_WEBHOOK_SECRET: secret,
    LOG_LEVEL: 'warn',
    ...options.env,
  };
  await using stack = new AsyncDisposableStack();
  const starting = Array.from({ length: options.gateways }, () => startGatewayProcess(env));
  const gateways = await Promise.all(starting);
  for (const gateway of gateways) stack.use(gateway);
  const origins = gateways.map(({ origin }) => origin);
  const beginning = await headOf(origins[0] ?? '');
  const crowd = subscribe(origins, options.subscribers);
  stack.defer(() => crowd.forEach((connection) => connection.close()));
  const subscribers = crowd.flatMap((connection) => connection.subscribers);
  await until('every subscription', () => subscribers.every(({ received }) => received.length > 0), 30_000);

  const dam = createDam();
  const sender = createSender({
    receivers: origins.map((origin) => `${origin}/webhooks/helpdesk/${sandbox.workspaceId}`),
    secret,
    perSecond: options.perSecond,
    repeated: 0.1,
    random,
    mayGo: dam.passes,
  });
  const storm = createStorm({ deliveries: options.deliveries, tickets, disorder: 12, random });
  const victims: Victim[] = [
    ...gateways.map((gateway, index) => ({
      name: `gateway ${index + 1}`,
      kill: gateway.kill,
      start: gateway.start,
    })),
    ...(options.stores ?? []),
  ];
  const [{ kills, longestDownMs }] = await Promise.all([
    strike({ victims, crowd, dam }, options, sender.figures),
    sender.send(storm),
  ]);

  const logged = await readLog(origins[0] ?? '', everything, beginning);
  const expected = new Map<string, Expectation>();
  const reference = createReference(
    beginning,
    logged.map(({ cursor }) => cursor),
  );
  const placesOf = (events: readonly FeedEvent[]) =>
    events.map(({ cursor }) => reference.placeOf(cursor) ?? -1);
  const faults: string[] = [];
  for (const { name, filter, lets } of filters) {
    const replayed = await readLog(origins[0] ?? '', filter, beginning);
    if (lets !== null && String(placesOf(replayed)) !== String(placesOf(logged.filter(lets)))) {
      faults.push(`the filter "${name}" lets through what it should not, or keeps back what it should not`);
    }
    expected.set(
      name,
      createExpectation(new Map(replayed.map((event) => [reference.placeOf(event.cursor) ?? -1, event]))),
    );
  }
  const verdictOf = ({ name, received }: Subscriber) =>
    judge(
      received.map(({ message }) => message),
      reference,
      expected.get(name) ?? createExpectation(new Map()),
    );
  const isComplete = ({ name, received }: Subscriber): boolean => {
    const place = reference.placeOf(received.at(-1)?.message.cursor ?? '') ?? 0;
    return place >= (expected.get(name)?.last ?? 0);
  };
  await until(
    'the last event at the last subscriber',
    () => subscribers.every(isComplete),
    options.patienceMs,
  ).catch((error: unknown) => faults.push(String(error)));

  const verdicts = subscribers.map((subscriber) => ({ subscriber, ...verdictOf(subscriber) }));
  for (const { subscriber, faults: found, complete } of verdicts) {
    faults.push(...found.map((fault) => `${subscriber.name}: ${fault}`));
    if (!complete) faults.push(`${subscriber.name}: it never heard of the last events`);
  }
  faults.push(...takenAndNotKept(sender.taken, logged));
  return {
    figures: {
      ...sender.figures,
      deliveries: options.deliveries,
      kills,
      longestDownMs,
      events: logged.length,
      stale: logged.filter(({ stale }) => stale).length,
      connections: crowd.reduce((sum, { opened }) => sum + opened, 0),
      gaps: verdicts.reduce((sum, { gaps }) => sum + gaps, 0),
      coalesced: verdicts.reduce((sum, { coalesced }) => sum + coalesced, 0),
      ...countFrames(subscribers),
    },
    faults,
    logs: gateways.map(({ errors }) => errors).join('\n'),
  };
}

/** Every third subscriber on an event stream of its own; the others by threes on sockets, all beginning now. */
function subscribe(origins: readonly string[], count: number): readonly Connection[] {
  const connections: Connection[] = [];
  let waiting: Subscriber[] = [];
  for (let index = 0; index < count; index += 1) {
    const { name, filter } = filters[index % filters.length] ?? { name: '', filter: {} };
    const subscriber = createSubscriber(name, filter);
    // Each begins at another gateway.
    const from = connections.length % origins.length;
    const turned = [...origins.slice(from), ...origins.slice(0, from)];
    if (index % 3 === 0) connections.push(subscribeOverSse(turned, subscriber));
    else waiting.push(subscriber);
    if (waiting.length === 3 || (index === count - 1 && waiting.length > 0)) {
      connections.push(subscribeOverSocket(turned, waiting));
      waiting = [];
    }
  }
  return connections;
}

/** Holds a storm back, so that it is not over before somebody was killed in it. */
function createDam() {
  let height = Number.POSITIVE_INFINITY;
  let lifted = Promise.withResolvers<void>();
  return {
    passes: async (place: number): Promise<void> => {
      while (place >= height) await lifted.promise;
    },
    /** From now on deliveries below this place pass, and no others. */
    set: (place: number): void => {
      height = place;
      lifted.resolve();
      lifted = Promise.withResolvers();
    },
  };
}

interface Stage {
  readonly victims: readonly Victim[];
  readonly crowd: readonly Connection[];
  readonly dam: ReturnType<typeof createDam>;
}

/**
 * Kills one after the other in the midst of deliveries, and begins each again. What comes next finds it dead, and is sent
 * again. Where it was the only gateway, nobody is back before something happened that they have missed.
 */
async function strike(
  { victims, crowd, dam }: Stage,
  { kills, deliveries, gateways }: ScenarioOptions,
  progress: SenderFigures,
): Promise<Pick<Figures, 'kills' | 'longestDownMs'>> {
  let longestDownMs = 0;
  for (const [time, name] of kills.entries()) {
    const due = Math.floor((deliveries * (time + 0.7)) / kills.length);
    dam.set(due + Math.ceil((deliveries * 0.1) / kills.length));
    await until(`delivery ${due}`, () => progress.taken >= due, 120_000);
    const victim = victims.find((one) => one.name === name);
    if (victim === undefined) throw new Error(`nobody is called ${name}`);
    const began = Date.now();
    const release = crowd.map((connection) => connection.hold());
    await victim.kill();
    const before = progress.taken;
    dam.set(Number.POSITIVE_INFINITY);
    if (gateways > 1) for (const free of release) free();
    await victim.start();
    longestDownMs = Math.max(longestDownMs, Date.now() - began);
    await until('a delivery that nobody heard of', () => progress.taken > before, 30_000);
    for (const free of release) free();
  }
  return { kills: kills.length, longestDownMs };
}

function takenAndNotKept(taken: ReadonlySet<string>, logged: readonly FeedEvent[]): string[] {
  const times = new Map<string, number>();
  for (const { eventId } of logged) times.set(eventId, (times.get(eventId) ?? 0) + 1);
  const faults: string[] = [];
  for (const id of taken) if (!times.has(id)) faults.push(`${id} was answered 2xx and is not in the log`);
  for (const [id, count] of times) if (count > 1) faults.push(`${id} is in the log ${count} times`);
  return faults;
}

function countFrames(subscribers: readonly Subscriber[]) {
  const errors: Record<string, number> = {};
  let frames = 0;
  let replayed = 0;
  let longestSilenceMs = 0;
  for (const { name, received, errors: met } of subscribers) {
    for (const code of met) errors[code] = (errors[code] ?? 0) + 1;
    const events = received.filter(({ message }) => message.__typename === 'TicketEvent');
    frames += events.length;
    for (const { message } of events) if ('replayed' in message && message.replayed) replayed += 1;
    if (name !== 'everything') continue;
    for (const [index, { at }] of events.entries()) {
      longestSilenceMs = Math.max(longestSilenceMs, at - (events[index - 1]?.at ?? at));
    }
  }
  return { subscribers: subscribers.length, frames, replayed, longestSilenceMs, errors };
}
