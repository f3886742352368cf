import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { createReceiver } from '../../src/backends/helpdesk/receiver.ts';
import { secretFault, sign } from '../../src/backends/helpdesk/signature.ts';

const newSecret = (bytes = 24) => `whsec_${randomBytes(bytes).toString('base64')}`;
const now = Date.parse('2026-03-04T12:00:00.500Z');
const second = Math.floor(now / 1000);
const secret = newSecret();

const wireTicket = {
  id: 'tkt_1',
  subject: 'Größe “falsch” 🖨',
  status: 'open',
  priority: 'high',
  type: 'incident',
  assigneeId: 'usr_1',
  requesterEmail: 'ada@example.com',
  requesterName: 'Ada',
  tags: ['printer'],
  customFields: [{ id: 'cf_1', value: 7 }],
  createdAt: '2026-03-04T11:00:00Z',
  updatedAt: '2026-03-04T11:59:59Z',
};
const updated = {
  type: 'ticket.updated',
  timestamp: '2026-03-04T11:59:59.250Z',
  data: { ticket: wireTicket },
};

interface Sending {
  readonly body?: unknown;
  readonly id?: string;
  readonly timestamp?: number;
  readonly with?: string;
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly secrets?: readonly string[];
}

const bytesOf = (body: unknown) =>
  body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));

/** Signed rightly and on time, unless said otherwise. */
function receive(sending: Sending = {}) {
  const { id = 'msg_1', timestamp = second, secrets = [secret] } = sending;
  const body = bytesOf(sending.body ?? updated);
  const headers: Record<string, string | null> = {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': sign(sending.with ?? secret, { id, timestamp }, body),
    ...sending.headers,
  };
  return createReceiver().receive({ header: (name) => headers[name] ?? null, body }, secrets, now);
}

const eventOf = (sending: Sending) => {
  const result = receive(sending);
  if (!result.ok) throw new Error(result.reason);
  return result.event;
};
const refused = (reason: string) => ({ ok: false, reason });

describe('a genuine delivery', () => {
  test('becomes an event in our words', () => {
    expect(receive()).toEqual({
      ok: true,
      event: {
        eventId: 'msg_1',
        type: 'TICKET_UPDATED',
        typeRaw: 'ticket.updated',
        ticketId: 'tkt_1',
        ticket: {
          id: 'tkt_1',
          subject: 'Größe “falsch” 🖨',
          status: 'OPEN',
          statusRaw: 'open',
          priority: 'HIGH',
          type: 'INCIDENT',
          assigneeId: 'usr_1',
          requesterEmail: 'ada@example.com',
          requesterName: 'Ada',
          tags: ['printer'],
          customFields: [{ fieldId: 'cf_1', value: 7 }],
          createdAt: '2026-03-04T11:00:00Z',
          updatedAt: '2026-03-04T11:59:59Z',
          fetchedAt: '2026-03-04T12:00:00.500Z',
        },
        occurredAt: '2026-03-04T11:59:59.250Z',
        source: 'WEBHOOK',
        channel: expect.stringMatching(/^[\w-]{12}$/),
      },
    });
  });

  test('names its channel by the secret that signed it, and gives nothing of the secret away', () => {
    const other = newSecret();
    const secrets = [secret, other];
    const { channel } = eventOf({ secrets });
    expect(eventOf({ secrets: [other, secret], id: 'msg_2' }).channel).toBe(channel);
    expect(eventOf({ secrets, with: other }).channel).not.toBe(channel);
    expect(secret).not.toContain(channel);
  });

  test.for([
    ['ticket.created', 'TICKET_CREATED'],
    ['ticket.deleted', 'TICKET_DELETED'],
    ['ticket.assignment.changed', 'TICKET_ASSIGNMENT_CHANGED'],
    ['ticket.resolved', 'TICKET_RESOLVED'],
    ['ticket.merged', 'UNKNOWN'],
    ['constructor', 'UNKNOWN'],
    ['__proto__', 'UNKNOWN'],
  ] as const)('of type %s is %s', ([type, ours]) => {
    expect(eventOf({ body: { ...updated, type } })).toMatchObject({ type: ours, typeRaw: type });
  });

  test('of a deleted ticket may hold no more than its id', () => {
    const body = { type: 'ticket.deleted', timestamp: updated.timestamp, data: { ticket: { id: 'tkt_9' } } };
    expect(eventOf({ body })).toMatchObject({ type: 'TICKET_DELETED', ticketId: 'tkt_9', ticket: null });
  });

  test('is kept when its ticket breaks the contract: that it changed is news all the same', () => {
    const without = { ...wireTicket, subject: undefined };
    expect(eventOf({ body: { ...updated, data: { ticket: without } } })).toMatchObject({
      ticketId: 'tkt_1',
      ticket: null,
    });
    const undated = { ...wireTicket, updatedAt: 'yesterday' };
    expect(eventOf({ body: { ...updated, data: { ticket: undated } } }).ticket).toBeNull();
  });

  test('says what it leaves out, which is not the same as what it says is empty', () => {
    const { tags: _, customFields: __, ...rest } = wireTicket;
    const event = eventOf({ body: { ...updated, data: { ticket: { ...rest, assigneeId: null } } } });
    expect(event).toMatchObject({
      ticket: { tags: [], customFields: [], assigneeId: null },
      absent: ['tags', 'customFields'],
    });
    expect(eventOf({})).not.toHaveProperty('absent');
  });

  test('may have values and attributes that are not known', () => {
    const ticket = { ...wireTicket, status: 'on_hold', mood: 'angry' };
    expect(eventOf({ body: { ...updated, extra: 1, data: { ticket, more: 2 } } }).ticket).toMatchObject({
      status: 'UNKNOWN',
      statusRaw: 'on_hold',
    });
  });

  test('without a time of its own happened when it was signed', () => {
    for (const timestamp of [undefined, null, 'soon', 12]) {
      expect(eventOf({ body: { ...updated, timestamp } }).occurredAt).toBe('2026-03-04T12:00:00.000Z');
    }
  });

  test('with keys that would pollute prototypes changes no prototype', () => {
    const polluted =
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"type":"ticket.updated",' +
      `"data":{"__proto__":{"polluted":1},"ticket":${JSON.stringify(wireTicket).replace('{', '{"__proto__":{"polluted":1},')}}}`;
    const event = eventOf({ body: polluted });
    expect(event.ticket).toMatchObject({ subject: wireTicket.subject });
    expect(event).not.toHaveProperty('polluted');
    expect(event.ticket).not.toHaveProperty('polluted');
    expect({}).not.toHaveProperty('polluted');
  });

  test.for([
    ['no JSON', 'nonsense'],
    ['an empty body', ''],
    ['no object', '[]'],
    ['null', 'null'],
    ['no type', JSON.stringify({ data: updated.data })],
    ['no data', JSON.stringify({ type: 'ticket.updated' })],
    ['no ticket', JSON.stringify({ type: 'agent.created', data: {} })],
    ['a ticket without id', JSON.stringify({ type: 'ticket.updated', data: { ticket: {} } })],
    ['an inherited ticket', '{"type":"ticket.updated","data":{"__proto__":{"ticket":{"id":"tkt_1"}}}}'],
    ['bytes that are no UTF-8', Buffer.from('7b2274797065223a22ff227d', 'hex')],
    [
      'an abyss',
      `{"type":"x","data":{"ticket":{"id":"tkt_1","x":${'['.repeat(400_000)}${']'.repeat(400_000)}}}}`,
    ],
  ] as const)('that holds %s is unreadable', ([, body]) => {
    expect(receive({ body })).toEqual(refused('UNREADABLE'));
  });

  test('may quote as many brackets as it likes', () => {
    const ticket = { ...wireTicket, subject: '\\"[{'.repeat(1_000) };
    expect(eventOf({ body: { ...updated, data: { ticket } } }).ticket?.subject).toBe(ticket.subject);
  });
});

describe('what is not genuine', () => {
  test.for(['webhook-id', 'webhook-timestamp', 'webhook-signature'])('without %s is unsigned', (name) => {
    expect(receive({ headers: { [name]: null } })).toEqual(refused('UNSIGNED'));
    expect(receive({ headers: { [name]: '' } })).toEqual(refused('UNSIGNED'));
  });

  test('with another secret, body, id or time is forged', () => {
    const signature = (signed: { id?: string; timestamp?: number; body?: unknown }) => ({
      'webhook-signature': sign(
        secret,
        { id: signed.id ?? 'msg_1', timestamp: signed.timestamp ?? second },
        bytesOf(signed.body ?? updated),
      ),
    });
    expect(receive({ headers: signature({}) })).toMatchObject({ ok: true });
    expect(receive({ with: newSecret() })).toEqual(refused('FORGED'));
    expect(receive({ headers: signature({ body: `${JSON.stringify(updated)} ` }) })).toEqual(
      refused('FORGED'),
    );
    expect(receive({ headers: signature({ id: 'msg_2' }) })).toEqual(refused('FORGED'));
    expect(receive({ headers: signature({ timestamp: second - 1 }) })).toEqual(refused('FORGED'));
  });

  test('is forged where no secret is known, or none that could be one', () => {
    expect(receive({ secrets: [] })).toEqual(refused('FORGED'));
    for (const broken of ['', 'whsec_', 'whsec_*', secret.slice(6), `${secret}!`]) {
      expect(receive({ secrets: [broken] })).toEqual(refused('FORGED'));
    }
  });

  test('is no empty key away from being genuine', () => {
    expect(receive({ with: 'whsec_', secrets: ['whsec_'] })).toEqual(refused('FORGED'));
  });

  test('with a signature of another shape is forged', () => {
    const right = sign(secret, { id: 'msg_1', timestamp: second }, bytesOf(updated));
    const shapes = [
      right.slice(3),
      right.replace('v1,', 'v1a,'),
      right.replace('v1,', 'v2,'),
      right.slice(0, -1),
      `${right}=`,
      'v1,',
      'v1',
      ',',
      ' ',
      `v1,${Buffer.alloc(32).toString('base64')}`,
      `${'v1,x '.repeat(40)}${right}`,
    ];
    for (const shape of shapes) {
      expect(receive({ headers: { 'webhook-signature': shape } })).toEqual(refused('FORGED'));
    }
  });

  test('with an id or a time of another shape is forged', () => {
    for (const id of ['a b', 'id{', 'a"b', 'x'.repeat(257)]) {
      expect(receive({ id })).toEqual(refused('FORGED'));
    }
    for (const time of ['now', '-1', '1e9', ` ${second}`, `${second}.0`, `0${second}`, '9'.repeat(30)]) {
      expect(receive({ headers: { 'webhook-timestamp': time } })).toEqual(refused('FORGED'));
    }
  });

  test('signed more than five minutes ago or ahead is untimely', () => {
    expect(receive({ timestamp: second - 300 })).toMatchObject({ ok: true });
    expect(receive({ timestamp: second + 300 })).toMatchObject({ ok: true });
    expect(receive({ timestamp: second - 301 })).toEqual(refused('UNTIMELY'));
    expect(receive({ timestamp: second + 301 })).toEqual(refused('UNTIMELY'));
  });
});

describe('rotation', () => {
  test('any of several secrets will do', () => {
    const [old, next] = [newSecret(), newSecret(32)];
    for (const by of [old, next]) {
      expect(receive({ with: by, secrets: [old, next] })).toMatchObject({ ok: true });
    }
    expect(receive({ with: old, secrets: ['whsec_*', next, old] })).toMatchObject({ ok: true });
  });

  test('any of several signatures will do, those of other schemes are passed over', () => {
    const by = (key: string) => sign(key, { id: 'msg_1', timestamp: second }, bytesOf(updated));
    const signatures = ['v1a,abc', by(newSecret()), 'v1,short', by(secret)].join(' ');
    expect(receive({ headers: { 'webhook-signature': signatures } })).toMatchObject({ ok: true });
    const foreign = [by(newSecret()), by(newSecret())].join(' ');
    expect(receive({ headers: { 'webhook-signature': foreign } })).toEqual(refused('FORGED'));
  });
});

describe('the standardwebhooks package', () => {
  test('signs what we verify, and signs it as we do', () => {
    const bodies = fc.json().map((json) => JSON.stringify({ ...updated, note: json }));
    const keys = fc.uint8Array({ minLength: 1, maxLength: 64 });
    fc.assert(
      fc.property(bodies, keys, fc.stringMatching(/^msg_[\w-]{1,40}$/), (body, key, id) => {
        const ours = `whsec_${Buffer.from(key).toString('base64')}`;
        const theirs = new Webhook(ours).sign(id, new Date(second * 1000), body);
        expect(sign(ours, { id, timestamp: second }, Buffer.from(body))).toBe(theirs);
        const sent = { id, body, secrets: [ours], headers: { 'webhook-signature': theirs } };
        expect(receive(sent)).toMatchObject({ ok: true });
      }),
    );
  });
});

describe('a secret for the configuration', () => {
  test('is whsec_ and base64, and its fault names no part of it', () => {
    for (const good of [
      secret,
      newSecret(23),
      newSecret(32),
      newSecret(64),
      newSecret(25).replaceAll('=', ''),
    ]) {
      expect(secretFault(good)).toBeNull();
    }
    expect(secretFault('')).toBe('must begin with whsec_');
    expect(secretFault('sk_abc')).toBe('must begin with whsec_');
    expect(secretFault('whsec_')).toBe('has nothing after whsec_');
    for (const broken of [
      'whsec_a',
      'whsec_a-b_',
      'whsec_abc*',
      'whsec_ab=c',
      'whsec_abcd=',
      'whsec_ab cd',
    ]) {
      expect(secretFault(broken)).toBe('must be base64 after whsec_');
    }
  });
});
