import { afterEach, describe, expect, test } from 'vitest';
import { createMemoryLog } from '../../src/events/log/memory-log.ts';
import { connect } from '../examples/graphql-ws.ts';
import { createSubscriber, subscribeOverSse, type Subscriber } from '../fault/subscriber.ts';
import { startBehindProxy, type BehindProxy } from '../support/behind-proxy.ts';
import type { GatewayOptions } from '../support/gateway.ts';
import { createScreen } from '../support/screen.ts';
import type { TcpProxyOptions } from '../support/tcp-proxy.ts';
import { until } from '../support/wait.ts';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** Milliseconds between two signs of life where a test waits for some. */
const often = { socketPingMs: 100, heartbeatMs: 100 };

async function start(proxy: Omit<TcpProxyOptions, 'target' | 'tap'> = {}, options: GatewayOptions = {}) {
  let told = '';
  const behind = await startBehindProxy(
    { ...proxy, tap: (bytes) => (told += bytes.toString('latin1')) },
    options,
  );
  closing.push(() => behind[Symbol.asyncDispose]());
  return {
    ...behind,
    /** Whether the gateway has sent this text to anybody, on whatever connection. */
    hasSaid: (text: string): boolean => told.includes(text),
    forgetSaid: () => {
      told = '';
    },
  };
}

/** Creates a ticket of each subject, and waits until the gateway was told of it. */
async function create({ gateway }: BehindProxy, ...subjects: string[]): Promise<void> {
  const { tickets, deliveries } = gateway.sandbox;
  for (const subject of subjects) tickets.create({ subject });
  await deliveries.settled();
}

const numbered = (word: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${word} ${index}`);

async function headOf({ gateway }: BehindProxy): Promise<string> {
  const { data } = await gateway.query<{ eventStream: { headCursor: string } }>(
    '{ eventStream { headCursor } }',
  );
  return data?.eventStream.headCursor ?? '';
}

/** Screens on one socket. */
function watch({ wsUrl }: BehindProxy, ...filters: Record<string, unknown>[]) {
  const client = connect(wsUrl);
  const screens = filters.map((filter) => {
    const shown = createScreen();
    closing.push(client.watch(shown.screen, { filter }));
    return shown;
  });
  return screens;
}

const listsRead = (screens: readonly { readonly lists: readonly unknown[] }[], count: number) =>
  until('the lists', () => screens.every(({ lists }) => lists.length >= count));

function listen({ origin }: BehindProxy, filter: Record<string, unknown>): Subscriber {
  const subscriber = createSubscriber('sse', filter);
  const connection = subscribeOverSse([origin], subscriber);
  closing.push(() => connection.close());
  return subscriber;
}

const kindsOf = ({ received }: Subscriber) => received.map(({ message }) => message.__typename);
const eventsOf = ({ received }: Subscriber) =>
  received.flatMap(({ message }) => (message.__typename === 'TicketEvent' ? [message.cursor] : []));
const nobody = { ticketIds: ['tkt_nobody'] };

describe('two subscriptions on one socket', () => {
  test('each go on where they were, when it is cut', async () => {
    const behind = await start({}, { parts: { limits: often } });
    const { gateway, proxy } = behind;
    const { tickets, deliveries } = gateway.sandbox;
    const one = tickets.create({ subject: 'One' }, { webhook: false });
    const other = tickets.create({ subject: 'Other' }, { webhook: false });
    const [ofOne, ofOther] = watch(behind, { ticketIds: [one.id] }, { ticketIds: [other.id] });
    if (ofOne === undefined || ofOther === undefined) throw new Error('there are two screens');
    await listsRead([ofOne, ofOther], 1);
    const change = async (id: string, ...subjects: string[]) => {
      for (const subject of subjects) {
        tickets.update(id, { subject });
        await deliveries.settled();
      }
    };
    const subjects = ({ id }: { readonly id: string }) => (id === one.id ? ofOne.subjects : ofOther.subjects);
    await change(other.id, 'b1');
    await change(one.id, 'a1', 'a2', 'a3');
    await until('what came before the cut', () => subjects(one).length === 3 && subjects(other).length === 1);
    const head = await headOf(behind);
    await until('a mark', () => behind.hasSaid(`"lowWaterMark":"${head}"`));
    await change(one.id, 'a4');
    await until('what came after the mark', () => subjects(one).length === 4);
    proxy.refuse();
    proxy.cut();
    await change(other.id, 'b2');
    await change(one.id, 'a5');
    await change(other.id, 'b3');
    proxy.admit();
    await until('what they missed', () => subjects(one).length >= 5 && subjects(other).length >= 3);
    await change(one.id, 'a6');
    await change(other.id, 'b4');
    await until('what comes', () => subjects(one).length >= 6 && subjects(other).length >= 4);
    expect(subjects(one)).toEqual(['a1', 'a2', 'a3', 'a4', 'a5', 'a6']);
    expect(subjects(other)).toEqual(['b1', 'b2', 'b3', 'b4']);
    expect([ofOne.lists.length, ofOther.lists.length]).toEqual([1, 1]);
  });
});

describe('a subscription that nothing is for', () => {
  const retention = { maxCount: 5 };

  test('goes on from the low-water mark, when its own cursor is long past retention', async () => {
    const behind = await start({}, { parts: { limits: often, eventLog: createMemoryLog({ retention }) } });
    const screens = watch(behind, nobody);
    await listsRead(screens, 1);
    await create(behind, ...numbered('Not for it', 20));
    const head = await headOf(behind);
    await until('a mark', () => behind.hasSaid(`"lowWaterMark":"${head}"`));
    behind.proxy.refuse();
    behind.proxy.cut();
    await create(behind, ...numbered('Nor this', 4));
    behind.forgetSaid();
    behind.proxy.admit();
    await until('its answer', () => behind.hasSaid('StreamReady'));
    expect(behind.hasSaid('"resumed":true')).toBe(true);
    expect(behind.hasSaid('StreamGap')).toBe(false);
    expect(screens[0]?.lists).toHaveLength(1);
  });

  test('is told of a gap where no mark came', async () => {
    const behind = await start({}, { parts: { eventLog: createMemoryLog({ retention }) } });
    const screens = watch(behind, nobody);
    await listsRead(screens, 1);
    await create(behind, ...numbered('Not for it', 20));
    behind.proxy.cut();
    await listsRead(screens, 2);
    expect(behind.hasSaid('StreamGap')).toBe(true);
  });

  test('goes on over SSE from the last block that was nothing but an id', async () => {
    const behind = await start({}, { parts: { limits: often, eventLog: createMemoryLog({ retention }) } });
    const subscriber = listen(behind, nobody);
    await until('StreamReady', () => subscriber.received.length === 1);
    await create(behind, ...numbered('Not for it', 20));
    const head = await headOf(behind);
    await until('an id', () => subscriber.after === head);
    behind.proxy.refuse();
    behind.proxy.cut();
    await create(behind, ...numbered('Nor this', 4));
    behind.proxy.admit();
    await until('StreamReady again', () => subscriber.received.length === 2);
    expect(subscriber.received[1]?.message).toMatchObject({ __typename: 'StreamReady', resumed: true });
    expect(kindsOf(subscriber)).toEqual(['StreamReady', 'StreamReady']);
  });
});

describe('through a proxy that holds back what it is given', () => {
  const hold = { bytes: 16_384, ms: 80 };

  test('a socket that is cut while it holds something goes on without loss or repetition', async () => {
    const behind = await start({ hold }, { parts: { limits: often } });
    const [shown] = watch(behind, {});
    if (shown === undefined) throw new Error('there is a screen');
    await listsRead([shown], 1);
    const expected: string[] = [];
    let dropped = 0;
    for (const round of ['a', 'b', 'c']) {
      const subjects = numbered(round, 5);
      expected.push(...subjects);
      await create(behind, ...subjects);
      await until(
        'something held back',
        () => behind.proxy.held > 0 || shown.subjects.length >= expected.length,
      );
      dropped += behind.proxy.held;
      behind.proxy.cut();
      await until('all of it', () => shown.subjects.length >= expected.length);
    }
    expect(dropped).toBeGreaterThan(0);
    expect(shown.subjects).toEqual(expected);
    expect(shown.lists).toHaveLength(1);
  });

  test('so does an event stream', async () => {
    const behind = await start({ hold }, { parts: { limits: often } });
    const subscriber = listen(behind, {});
    await until('StreamReady', () => subscriber.received.length === 1);
    let count = 0;
    let dropped = 0;
    for (const round of ['a', 'b', 'c']) {
      count += 5;
      await create(behind, ...numbered(round, 5));
      await until('something held back', () => behind.proxy.held > 0 || eventsOf(subscriber).length >= count);
      dropped += behind.proxy.held;
      behind.proxy.cut();
      await until('all of it', () => eventsOf(subscriber).length >= count);
    }
    expect(dropped).toBeGreaterThan(0);
    expect(new Set(eventsOf(subscriber)).size).toBe(15);
    expect(eventsOf(subscriber)).toHaveLength(15);
    expect(kindsOf(subscriber)).not.toContain('StreamGap');
  });
});

describe('through a proxy that cuts whatever is silent', () => {
  // As 12 s to 30 s in the world.
  const idleMs = 500;
  const limits = { socketPingMs: 200, heartbeatMs: 200 };

  test('signs of life keep a socket and an event stream open', async () => {
    const behind = await start({ idleMs }, { parts: { limits } });
    const [shown] = watch(behind, {});
    const subscriber = listen(behind, {});
    await until('both', () => subscriber.received.length > 0 && (shown?.lists.length ?? 0) > 0);
    const began = Date.now();
    await until('three times as long as silence is borne', () => Date.now() - began > 3 * idleMs);
    await create(behind, 'Still there');
    await until('the event', () => shown?.subjects.length === 1 && eventsOf(subscriber).length === 1);
    expect(behind.proxy.idledOut).toBe(0);
    expect(behind.proxy.attempts).toBe(2);
  });

  test('and what is cut all the same goes on', async () => {
    const behind = await start({ idleMs });
    const [shown] = watch(behind, {});
    await until('the list', () => shown?.lists.length === 1);
    await until('the cut', () => behind.proxy.idledOut > 0);
    await create(behind, 'Meanwhile');
    await until('the event', () => shown?.subjects.length === 1);
    expect(shown?.lists).toHaveLength(1);
  });
});
