import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../../src/domain/clock.ts';
import type { TicketEvent } from '../../../src/domain/event.ts';
import { createMemoryLog } from '../../../src/events/log/memory-log.ts';
import { createWebhookRoute } from '../../../src/http/webhook-route.ts';
import { createWebhookSenders } from '../../../src/http/webhook-senders.ts';
import { raw } from './raw.ts';
import { secret, start, stubConfig, type Running } from './stub.ts';

let gateway: Running;
beforeAll(async () => {
  gateway = await start();
});
afterAll(() => gateway.close());

const deliver = (
  to: Running,
  body: string,
  headers: Record<string, string>,
  path = '/webhooks/helpdesk/ws_1',
) =>
  fetch(`${to.origin}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });

/** All that a sender sees of an answer. */
const shown = async (response: Response) => ({
  status: response.status,
  headers: [...response.headers].filter(([name]) => name !== 'date'),
  body: await response.text(),
});

test('a delivery is acknowledged once its event is kept, and a repeat changes nothing', async () => {
  const first = await deliver(gateway, '{1', { 'x-secret': secret });
  expect(first.status).toBe(200);
  expect(await first.json()).toEqual({ result: 'APPENDED' });
  expect(await (await deliver(gateway, '{1', { 'x-secret': secret })).json()).toEqual({ result: 'REPEATED' });
});

test.for([
  ['no signature', {}, undefined],
  ['a wrong signature', { 'x-secret': 'whsec_other' }, undefined],
  ['an unknown workspace', { 'x-secret': secret }, '/webhooks/helpdesk/ws_2'],
  ['an unknown workspace and no signature', {}, '/webhooks/helpdesk/ws_2'],
  ['a workspace that cannot be one', { 'x-secret': secret }, '/webhooks/helpdesk/ws_1%00'],
  ['a path that goes on', { 'x-secret': secret }, '/webhooks/helpdesk/ws_1/x'],
  ['no workspace', { 'x-secret': secret }, '/webhooks/helpdesk/'],
] as const)('%s gets the one answer of all that are refused', async ([, headers, path]) => {
  const reference = await shown(await deliver(gateway, '{', { 'x-secret': 'whsec_wrong' }));
  expect(reference.status).toBe(401);
  expect(await shown(await deliver(gateway, '{', headers, path))).toEqual(reference);
});

test('a genuine delivery that cannot be understood is refused, and people are told', async () => {
  const response = await deliver(gateway, 'rubbish', { 'x-secret': secret, 'webhook-id': 'msg_1' });
  expect(response.status).toBe(422);
  expect(gateway.logs).toContainEqual(
    expect.objectContaining({
      level: 'error',
      fields: expect.objectContaining({ eventId: 'msg_1', workspaceId: 'ws_1' }),
    }),
  );
});

test('a body over the limit is refused before it is looked at, with or without a length', async () => {
  const lines = [
    'POST /webhooks/helpdesk/ws_1 HTTP/1.1',
    `host: 127.0.0.1:${gateway.port}`,
    'content-type: application/json',
    `x-secret: ${secret}`,
  ];
  const told = await raw(gateway.port, [...lines, 'content-length: 1048577', '', ''].join('\r\n'));
  expect(told.status).toBe(413);
  const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
  const untold = await raw(
    gateway.port,
    [...lines, 'transfer-encoding: chunked', '', ''].join('\r\n'),
    ...Array.from({ length: 17 }, () => chunk),
  );
  expect(untold.status).toBe(413);
});

test('a log that does not take an event in time, or at all, makes the sender come again', async () => {
  const memory = createMemoryLog();
  let append: () => Promise<never> = () => new Promise(() => undefined);
  const eventLog = { ...memory, append: () => append() };
  await using slow = await start({ parts: { eventLog, limits: { intakeMs: 30 } } });
  const late = await deliver(slow, '{1', { 'x-secret': secret });
  expect(late.status).toBe(503);
  expect(late.headers.get('retry-after')).toBe('5');
  append = () => Promise.reject(new Error('disk full'));
  expect((await deliver(slow, '{2', { 'x-secret': secret })).status).toBe(503);
  expect(slow.logs.filter(({ level }) => level === 'error')).toHaveLength(2);
});

test('a gateway without a secret takes no delivery', async () => {
  await using closed = await start({ config: { backend: { ...stubConfig.backend, workspaces: [] } } });
  expect((await deliver(closed, '{1', { 'x-secret': secret })).status).toBe(401);
});

const event: TicketEvent = {
  eventId: 'msg_1',
  type: 'TICKET_CREATED',
  typeRaw: 'ticket.created',
  ticketId: 'tkt_1',
  ticket: null,
  occurredAt: '2026-01-01T00:00:00Z',
  source: 'WEBHOOK',
  channel: 'known',
};

/** A route that knows the secret `known`; deliveries name theirs in `x-secret`. */
function createRoute(refresh?: (workspaceId: string) => Promise<boolean>) {
  const secrets = ['known'];
  let judged = 0;
  const route = createWebhookRoute({
    receiver: {
      receive: ({ header }, valid) => {
        judged += 1;
        const given = header('x-secret');
        if (given === null) return { ok: false, reason: 'UNSIGNED' };
        if (given === 'late') return { ok: false, reason: 'UNTIMELY' };
        return valid.includes(given) ? { ok: true, event } : { ok: false, reason: 'FORGED' };
      },
      toleranceMs: 0,
      channelOf: (signer) => signer,
    },
    secretsOf: (workspaceId) => (workspaceId === 'ws_1' ? secrets : []),
    ...(refresh && { refresh }),
    accept: async () => ({ result: 'APPENDED' }),
    senders: createWebhookSenders({ maxRefusedPerMinute: 300, clock: systemClock }),
    clock: systemClock,
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    timeoutMs: 1000,
    refusalMs: 0,
  });
  const statusFor = async (signer: string | null, workspaceId = 'ws_1'): Promise<number> => {
    const readBody = async () => new Uint8Array();
    const answer = await route({ workspaceId, header: () => signer, sender: 'ip:192.0.2.1', readBody });
    return answer.status;
  };
  return {
    secrets,
    statusFor,
    get judged() {
      return judged;
    },
  };
}

test('a delivery that no known secret fits is judged again where another gateway has stored a new one', async () => {
  const asked: string[] = [];
  const route = createRoute(async (workspaceId) => {
    asked.push(workspaceId);
    route.secrets.push('new');
    return true;
  });
  expect(await route.statusFor('known')).toBe(200);
  expect(asked).toEqual([]);
  expect(await route.statusFor('new')).toBe(200);
  expect(asked).toEqual(['ws_1']);
  expect(await route.statusFor('new')).toBe(200);
  expect(asked).toEqual(['ws_1']);
});

test('a forged delivery is judged once where there is nothing new', async () => {
  const route = createRoute(async () => false);
  expect(await route.statusFor('forged')).toBe(401);
  expect(route.judged).toBe(1);
});

test.for([
  ['not signed', null],
  ['too old', 'late'],
] as const)('for a delivery that is %s nobody looks for new secrets', async ([, signer]) => {
  const route = createRoute(() => Promise.reject(new Error('asked')));
  expect(await route.statusFor(signer)).toBe(401);
});
