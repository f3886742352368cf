import { expect, test } from 'vitest';
import type { RawDelivery } from '../../../src/domain/backend.ts';
import { createWebhookRoute } from '../../../src/http/webhook-route.ts';
import { createWebhookSenders } from '../../../src/http/webhook-senders.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { eventOf } from './stub.ts';

const sendersOf = (maxRefusedPerMinute: number) => {
  const clock = createVirtualClock();
  return { clock, senders: createWebhookSenders({ maxRefusedPerMinute, clock }) };
};

test('a sender may be refused so often within a minute, then it is held back until time has made some good', async () => {
  const { clock, senders } = sendersOf(60);
  for (let refusal = 0; refusal < 60; refusal += 1) {
    expect(senders.heldBackMs('ip:192.0.2.1')).toBe(0);
    senders.refused('ip:192.0.2.1');
  }
  expect(senders.heldBackMs('ip:192.0.2.1')).toBeCloseTo(1000);
  expect(senders.heldBackMs('ip:192.0.2.2')).toBe(0);
  await clock.advance(1000);
  expect(senders.heldBackMs('ip:192.0.2.1')).toBe(0);
  senders.refused('ip:192.0.2.1');
  expect(senders.heldBackMs('ip:192.0.2.1')).toBeGreaterThan(0);
});

test('whoever sent something genuine is not held back for a day, whatever else comes from its address', async () => {
  const { clock, senders } = sendersOf(1);
  senders.genuine('ip:192.0.2.1');
  for (let refusal = 0; refusal < 1000; refusal += 1) senders.refused('ip:192.0.2.1');
  expect(senders.heldBackMs('ip:192.0.2.1')).toBe(0);
  await clock.advance(86_400_000);
  senders.refused('ip:192.0.2.1');
  const afterwards = senders.heldBackMs('ip:192.0.2.1');
  expect(afterwards).toBeGreaterThan(0);
  expect(afterwards).toBeLessThanOrEqual(60_000);
});

test.for([
  ['the same network', 'ip:2001:db8:1:2:3:4:5:6', 'ip:2001:db8:1:2::9', true],
  ['a network beside it', 'ip:2001:db8:1:2:3:4:5:6', 'ip:2001:db8:1:3::9', false],
  ['zeros left out in front', 'ip:::1', 'ip:::ffff:1', true],
  ['a connection without an address', 'connection:1', 'connection:2', false],
] as const)('an IPv6 sender is its network of 64 bits: %s', ([, one, other, same]) => {
  const { senders } = sendersOf(1);
  senders.refused(one);
  expect(senders.heldBackMs(other) > 0).toBe(same);
});

test('the log hears of refusals of one sender once a minute, and how many they were', async () => {
  const { clock, senders } = sendersOf(1000);
  expect(senders.refused('ip:192.0.2.1')).toEqual({ refused: 1 });
  for (let refusal = 0; refusal < 500; refusal += 1) expect(senders.refused('ip:192.0.2.1')).toBeNull();
  await clock.advance(60_000);
  expect(senders.refused('ip:192.0.2.1')).toEqual({ refused: 501 });
});

/** A route of which `ws_1` is known, with a witness of what is read and judged. */
function witnessedRoute(maxRefusedPerMinute: number) {
  const { clock, senders } = sendersOf(maxRefusedPerMinute);
  const seen = { read: 0, judged: 0, warned: 0 };
  const silent = (): void => undefined;
  const route = createWebhookRoute({
    receiver: {
      receive: ({ header }: RawDelivery) => {
        seen.judged += 1;
        return header('x-secret') === 'right'
          ? { ok: true, event: eventOf('1') }
          : { ok: false, reason: 'FORGED' };
      },
      channelOf: (secret) => secret,
      toleranceMs: 300_000,
    },
    secretsOf: (workspaceId) => (workspaceId === 'ws_1' ? ['right'] : []),
    accept: async () => ({ result: 'APPENDED' }),
    senders,
    clock,
    log: { debug: silent, info: silent, warn: () => (seen.warned += 1), error: silent },
    timeoutMs: 1000,
    refusalMs: 50,
  });
  const send = (secret: string, sender = 'ip:192.0.2.1', workspaceId = 'ws_1') =>
    route({
      workspaceId,
      sender,
      header: () => secret,
      readBody: async () => {
        seen.read += 1;
        return new Uint8Array();
      },
    });
  return { clock, seen, send };
}

test('of a sender that is held back neither body nor signature is looked at, and it learns when to come again', async () => {
  const { clock, seen, send } = witnessedRoute(2);
  const refusals = [send('wrong'), send('wrong')];
  await clock.advance(50);
  for (const { status } of await Promise.all(refusals)) expect(status).toBe(401);
  expect(seen).toEqual({ read: 2, judged: 2, warned: 1 });
  const held = await send('right');
  expect(held).toMatchObject({ status: 429, headers: { 'retry-after': '30' } });
  expect(seen).toEqual({ read: 2, judged: 2, warned: 1 });
  expect((await send('right', 'ip:192.0.2.2')).status).toBe(200);
  await clock.advance(30_000);
  expect((await send('right')).status).toBe(200);
});

test('a burst of ten thousand genuine deliveries is taken whole', async () => {
  const { send } = witnessedRoute(1);
  const answers = await Promise.all(Array.from({ length: 10_000 }, () => send('right')));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
});

test('a delivery is refused after the same time whether its workspace is known or not', async () => {
  const { clock, send } = witnessedRoute(100);
  const answered: string[] = [];
  for (const workspaceId of ['ws_1', 'ws_2']) {
    void send('wrong', 'ip:192.0.2.1', workspaceId).then(() => answered.push(workspaceId));
  }
  await clock.advance(49);
  expect(answered).toEqual([]);
  await clock.advance(1);
  expect(answered).toEqual(['ws_1', 'ws_2']);
});
