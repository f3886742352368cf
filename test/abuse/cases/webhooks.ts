import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { deliver, newSecret, ticketDelivery, type DeliveryOptions } from '../../support/delivery.ts';
import type { AbuseCase } from '../case.ts';
import { maxRefusedPerMinute, type Target } from '../target.ts';
import { openWire, statusOf } from '../wire.ts';

/** Deliveries of one sender, of which no other case knows. */
let senders = 0;
const newSender = (): Record<string, string> => ({ 'x-forwarded-for': `198.51.100.${(senders += 1)}` });

type Delivery = Partial<DeliveryOptions> & { readonly body?: unknown; readonly path?: string };

const send = (target: Target, { body, path, headers, ...options }: Delivery = {}): Promise<Response> =>
  deliver(
    path === undefined ? target.webhookUrl : `${target.origin}${path}`,
    body ?? ticketDelivery('ticket.updated', {}),
    {
      secret: target.secret,
      headers: { ...newSender(), ...headers },
      ...options,
    },
  );

const refused = (name: string, status: number, make: (target: Target) => Delivery): AbuseCase => ({
  name: `${name}: ${status}`,
  async run(target) {
    const response = await send(target, make(target));
    expect(response.status).toBe(status);
    const body = await response.text();
    expect(body).not.toContain(target.secret);
    expect(body).not.toContain(target.sandbox.workspaceId);
  },
});

const minutes = (count: number): Date => new Date(Date.now() + count * 60_000);
const deep = (levels: number): string =>
  `{"type":"ticket.updated","data":{"ticket":{"id":"tkt_deep","x":${'['.repeat(levels)}${']'.repeat(levels)}}}}`;

export const webhookCases: readonly AbuseCase[] = [
  refused('a signature with another secret', 401, () => ({ secret: newSecret() })),
  refused('no signature', 401, () => ({ headers: { 'webhook-signature': '' } })),
  refused('a signature of zeros', 401, () => ({ headers: { 'webhook-signature': `v1,${'A'.repeat(43)}=` } })),
  refused('a signature of another scheme', 401, () => ({
    headers: { 'webhook-signature': `v1a,${'A'.repeat(43)}=` },
  })),
  refused('ten thousand signatures', 401, () => ({
    headers: { 'webhook-signature': 'v1,AAAA '.repeat(1700) },
  })),
  refused('signed six minutes ago', 401, () => ({ at: minutes(-6) })),
  refused('signed in six minutes', 401, () => ({ at: minutes(6) })),
  refused('a time that is none', 401, () => ({ headers: { 'webhook-timestamp': '1e9' } })),
  refused('an id that could be the beginning of a body', 401, () => ({
    headers: { 'webhook-id': 'a.1.{"' },
  })),
  refused('a workspace that is not known', 401, () => ({ path: '/webhooks/helpdesk/ws_unknown' })),
  refused('a path that goes on', 401, ({ sandbox }) => ({
    path: `/webhooks/helpdesk/${sandbox.workspaceId}/x`,
  })),
  refused('a form', 415, () => ({ headers: { 'content-type': 'application/x-www-form-urlencoded' } })),
  refused('a compressed body', 415, () => ({ headers: { 'content-encoding': 'gzip' } })),
  refused('a body above the limit', 413, () => ({ body: ' '.repeat(1_048_577) })),
  refused('genuine, and no JSON', 422, () => ({ body: 'hello' })),
  refused('genuine, and bytes that are no ticket', 422, () => ({ body: '[]' })),
  refused('genuine, and 500,000 levels deep', 422, () => ({ body: deep(500_000) })),
  refused('genuine, and of a ticket without an id', 422, () => ({
    body: { type: 'ticket.updated', data: { ticket: {} } },
  })),
  {
    name: 'GET: 405',
    async run(target) {
      expect((await fetch(target.webhookUrl)).status).toBe(405);
    },
  },
  {
    name: 'all that is refused with 401 is refused in the same words, after the same time',
    async run(target) {
      const answers = [];
      for (const delivery of [
        { secret: newSecret() },
        { path: '/webhooks/helpdesk/ws_unknown' },
        { at: minutes(-6) },
      ]) {
        const begin = performance.now();
        const response = await send(target, delivery);
        answers.push(await response.text());
        expect(performance.now() - begin).toBeGreaterThanOrEqual(49);
      }
      expect(new Set(answers).size).toBe(1);
    },
  },
  {
    name: 'keys that would pollute prototypes are carried by a genuine event and do nothing',
    async run(target) {
      const body = `{"type":"ticket.updated","__proto__":{"polluted":1},"data":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"ticket":{"id":"tkt_proto","__proto__":{"polluted":1}}}}`;
      expect((await send(target, { body })).status).toBe(200);
    },
  },
  {
    name: 'an event that is not known is kept, whatever characters it has',
    async run(target) {
      const type = 'ticket.\ud800\u0000\u202e\u{1f4a9}';
      expect(
        (await send(target, { body: { ...ticketDelivery('x', { subject: '\ud800\0' }), type } })).status,
      ).toBe(200);
    },
  },
  {
    name: 'the same delivery fifty times is one event',
    async run(target) {
      const delivery = { id: `msg_${randomUUID()}`, body: ticketDelivery('ticket.updated', {}) };
      const results = [];
      for (let time = 0; time < 50; time += 1)
        results.push((await (await send(target, delivery)).json()) as object);
      expect(results.filter((result) => JSON.stringify(result) === '{"result":"APPENDED"}')).toHaveLength(1);
    },
  },
  {
    name: 'a body that comes a byte at a time: 408',
    async run({ impatient: target }) {
      await using wire = await openWire(target);
      wire.write(
        `POST /webhooks/helpdesk/ws_1 HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n`,
      );
      const drip = setInterval(() => wire.write(' '), 20);
      expect(await statusOf(wire)).toBe(408);
      clearInterval(drip);
    },
  },
  {
    name: 'a sender of nothing but forgeries: held back with 429 and told until when, before a byte of its body; others are not',
    async run(target) {
      const sender = newSender();
      const forge = () => send(target, { secret: newSecret(), headers: sender });
      const burst = Array.from({ length: 2 * maxRefusedPerMinute }, async () => (await forge()).status);
      expect(new Set(await Promise.all(burst))).toEqual(new Set([401, 429]));
      await using wire = await openWire(target);
      const path = new URL(target.webhookUrl).pathname;
      wire.write(
        `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nX-Forwarded-For: ${sender['x-forwarded-for'] ?? ''}\r\nContent-Length: 100000\r\n\r\n`,
      );
      expect(await statusOf(wire)).toBe(429);
      expect(wire.text).toMatch(/retry-after: \d+/);
      expect((await send(target)).status).toBe(200);
    },
  },
  {
    name: 'a genuine burst of four hundred from one sender: taken whole',
    async run(target) {
      const sender = newSender();
      const statuses: number[] = [];
      const burst = async () => {
        for (let time = 0; time < 20; time += 1)
          statuses.push((await send(target, { headers: sender })).status);
      };
      await Promise.all(Array.from({ length: 20 }, burst));
      expect(statuses).toHaveLength(400);
      expect(new Set(statuses)).toEqual(new Set([200]));
    },
  },
  {
    name: 'an address that has sent something genuine cannot be silenced by forgeries from the same one',
    async run(target) {
      const sender = newSender();
      expect((await send(target, { headers: sender })).status).toBe(200);
      const forgeries = Array.from(
        { length: maxRefusedPerMinute + 20 },
        async () => (await send(target, { secret: newSecret(), headers: sender })).status,
      );
      expect(new Set(await Promise.all(forgeries))).toEqual(new Set([401]));
      expect((await send(target, { headers: sender })).status).toBe(200);
    },
  },
  {
    name: 'a genuine signature under another id is no signature',
    async run(target) {
      const at = new Date();
      const body = JSON.stringify(ticketDelivery('ticket.updated', {}));
      const signature = new Webhook(target.secret).sign('msg_one', at, body);
      const headers = { ...newSender(), 'webhook-signature': signature };
      expect((await send(target, { body, at, id: 'msg_two', headers })).status).toBe(401);
    },
  },
];
