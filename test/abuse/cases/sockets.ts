import { expect } from 'vitest';
import { until } from '../../support/wait.ts';
import { openRaw, subscribe } from '../../unit/http/raw-socket.ts';
import type { AbuseCase } from '../case.ts';
import { connectionParams } from '../target.ts';
import {
  closeCodeOf,
  frame,
  head,
  openSocket,
  openWire,
  statusOf,
  text,
  upgradeLines,
  type Frame,
  type Wire,
  endOf,
} from '../wire.ts';

/** Sends bytes on a socket that may be used, and expects the code that it is closed with. */
const closes = (name: string, code: number, send: (wire: Wire) => void, init = true): AbuseCase => ({
  name: `${name}: ${code}`,
  async run(target) {
    await using wire = await openSocket(target, { init });
    send(wire);
    expect(await closeCodeOf(wire)).toBe(code);
  },
});

const frames = (name: string, code: number, ...sent: readonly Frame[]): AbuseCase =>
  closes(name, code, (wire) => wire.write(Buffer.concat(sent.map(frame))));

const message = (name: string, code: number, sent: object | string, init = true): AbuseCase =>
  closes(name, code, (wire) => wire.write(text(sent)), init);

/** Asks for a socket in another way than it is given, and expects a status. */
const handshake = (name: string, status: number, change: (request: string) => string): AbuseCase => ({
  name: `${name}: ${status}`,
  async run(target) {
    await using wire = await openWire(target);
    wire.write(change(head(target, 'GET /graphql', ...upgradeLines)));
    expect(await statusOf(wire)).toBe(status);
  },
});

const big = 'x'.repeat(262_145);

const handshakes: readonly AbuseCase[] = [
  handshake('a socket at another path', 404, (request) => request.replace('/graphql', '/sockets')),
  handshake('a socket at the receiver of webhooks', 405, (request) =>
    request.replace('/graphql', '/webhooks/helpdesk/ws_1'),
  ),
  handshake('300 header lines', 431, (request) => `${request.slice(0, -2)}${'X: y\r\n'.repeat(300)}\r\n`),
  handshake('a version of the protocol that is none', 400, (request) =>
    request.replace('Version: 13', 'Version: 7'),
  ),
  handshake('a socket without a key of its own', 400, (request) =>
    request.replace(/Sec-WebSocket-Key.*\r\n/, ''),
  ),
  handshake('a key of a socket that is none', 400, (request) =>
    request.replace('dGhlIHNhbXBsZSBub25jZQ==', 'x'),
  ),
  handshake('a socket by POST', 415, (request) => request.replace('GET', 'POST')),
  handshake('a socket at a foreign host', 421, (request) =>
    request.replace(/Host: .*/, 'Host: evil.example'),
  ),
  {
    name: 'the old protocol of sockets: 4406',
    async run(target) {
      await using wire = await openWire(target);
      wire.write(head(target, 'GET /graphql', ...upgradeLines).replace('graphql-transport-ws', 'graphql-ws'));
      expect(await closeCodeOf(wire)).toBe(4406);
    },
  },
  {
    name: 'no protocol: 4406',
    async run(target) {
      await using wire = await openWire(target);
      wire.write(head(target, 'GET /graphql', ...upgradeLines).replace(/Sec-WebSocket-Protocol.*\r\n/, ''));
      expect(await closeCodeOf(wire)).toBe(4406);
    },
  },
  {
    name: 'compression is offered and not taken, so that nothing can be blown up',
    async run(target) {
      await using wire = await openWire(target);
      const offer = 'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=15';
      wire.write(head(target, 'GET /graphql', ...upgradeLines, offer));
      expect(await statusOf(wire)).toBe(101);
      expect(wire.text.toLowerCase()).not.toContain('sec-websocket-extensions');
    },
  },
  {
    name: 'a socket that says nothing: 4408',
    async run({ impatient: target }) {
      await using wire = await openSocket(target, { init: false });
      expect(await closeCodeOf(wire)).toBe(4408);
    },
  },
  {
    name: 'a socket that pings instead of saying who it is, and goes on: 4408, and cut',
    async run({ impatient: target }) {
      await using wire = await openSocket(target, { init: false });
      const ping = setInterval(() => wire.write(text({ type: 'ping' })), 5);
      expect(await closeCodeOf(wire)).toBe(4408);
      // It goes on, as if nothing had been said.
      await endOf(wire);
      clearInterval(ping);
    },
  },
  {
    name: 'a handshake that comes a byte at a time: 408',
    async run({ impatient: target }) {
      await using wire = await openWire(target);
      const bytes = head(target, 'GET /graphql', ...upgradeLines).split('');
      const drip = setInterval(() => wire.write(bytes.shift() ?? ''), 10);
      expect(await statusOf(wire)).toBe(408);
      clearInterval(drip);
    },
  },
];

const malformed: readonly AbuseCase[] = [
  frames('a frame that is not masked', 1002, { opcode: 1, payload: '{"type":"ping"}', masked: false }),
  frames('a frame that claims to be compressed', 1002, { opcode: 1, payload: 'x', reserved: 0x40 }),
  frames('reserved bits', 1002, { opcode: 1, payload: 'x', reserved: 0x30 }),
  frames('a kind of frame that is none', 1002, { opcode: 3 }),
  frames('a kind of control frame that is none', 1002, { opcode: 11 }),
  frames('a continuation of nothing', 1002, { opcode: 0, payload: 'x' }),
  frames(
    'a message within a message',
    1002,
    { opcode: 1, fin: false, payload: 'x' },
    { opcode: 1, payload: 'x' },
  ),
  frames('a ping in parts', 1002, { opcode: 9, fin: false, payload: 'x' }),
  frames('a ping of 126 bytes', 1002, { opcode: 9, payload: 'x'.repeat(126) }),
  frames('a close code that is none', 1002, { opcode: 8, payload: Uint8Array.of(0, 1) }),
  frames('bytes that are no UTF-8', 1007, { opcode: 1, payload: Uint8Array.of(0x22, 0xff, 0xfe, 0x22) }),
  frames('half of a character', 1007, { opcode: 1, payload: Uint8Array.of(0xed, 0xa0, 0x80) }),
  frames('a binary message', 4400, { opcode: 2, payload: '{"type":"ping"}' }),
  frames('a message above the limit', 1009, { opcode: 1, payload: big }),
  frames('a message that claims 2^62 bytes', 1009, { opcode: 1, claims: 2n ** 62n }),
  frames(
    'parts that together are above the limit',
    1009,
    { opcode: 1, fin: false, payload: 'x'.repeat(200_000) },
    { opcode: 0, payload: 'x'.repeat(100_000) },
  ),
  frames(
    'a message in 2,000 parts of one byte',
    1008,
    { opcode: 1, fin: false, payload: 'x' },
    ...Array.from({ length: 2000 }, () => ({ opcode: 0, fin: false, payload: 'x' })),
  ),
  closes('a message above the limit before connection_init', 1009, (wire) => wire.write(text(big)), false),
];

const ofTheProtocol: readonly AbuseCase[] = [
  message('no JSON', 4400, 'hello'),
  message('a list', 4400, []),
  message('100,000 lists', 4400, `${'['.repeat(100_000)}${']'.repeat(100_000)}`),
  message('a type that is none', 4400, { type: '__proto__' }),
  message('what only a server may say', 4400, { type: 'next', id: '1', payload: {} }),
  message('no id', 4400, { type: 'subscribe', payload: { query: '{ __typename }' } }),
  message('a query that is none', 4400, { type: 'subscribe', id: '1', payload: { query: {} } }),
  message('connection_init twice', 4429, { type: 'connection_init' }),
  {
    name: 'a place to resume from that is none: 4400',
    async run(target) {
      await using socket = await openRaw(target, null);
      socket.send({
        type: 'connection_init',
        payload: { ...connectionParams(target), resumeFrom: 1 },
      });
      expect(await socket.closed).toMatchObject({ code: 4400 });
    },
  },
  {
    name: 'one id for two operations: 4409',
    async run(target) {
      await using socket = await openRaw(target, connectionParams(target));
      const listen = subscribe('1', 'subscription { ticketEvents { __typename } }');
      socket.send(listen);
      await socket.next();
      socket.send(listen);
      expect(await socket.closed).toMatchObject({ code: 4409 });
    },
  },
  {
    name: '1,001 operations: the last is refused, the others go on',
    async run(target) {
      await using socket = await openRaw(target, connectionParams(target));
      for (let id = 0; id <= 1000; id += 1)
        socket.send(subscribe(`o${id}`, 'subscription { ticketEvents { __typename } }'));
      await until('the refusal', () => socket.received.some(({ type }) => type === 'error'), 20_000);
      expect(socket.received.filter(({ type }) => type === 'error')).toMatchObject([
        { id: 'o1000', payload: [{ extensions: { code: 'INVALID_REQUEST' } }] },
      ]);
      await until(
        'all others',
        () => socket.received.filter(({ type }) => type === 'next').length === 1000,
        20_000,
      );
    },
  },
  {
    name: '1,000 operations that are begun and completed at once: none is left',
    async run(target) {
      await using socket = await openRaw(target, connectionParams(target));
      const listen = subscribe('1', 'subscription { ticketEvents { __typename } }');
      for (let time = 0; time < 1000; time += 1) {
        socket.send(listen);
        socket.send({ type: 'complete', id: '1' });
      }
      socket.send(subscribe('last', '{ __typename }'));
      await until('the last answer', () => socket.received.some(({ id }) => id === 'last'), 20_000);
      expect(socket.socket.readyState).toBe(socket.socket.OPEN);
    },
  },
  {
    name: 'variables and extensions 5,000 levels deep: refused, the socket goes on',
    async run(target) {
      await using socket = await openRaw(target, connectionParams(target));
      const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;
      for (const member of ['variables', 'extensions']) {
        socket.send(
          `{"type":"subscribe","id":"${member}","payload":{"query":"{ __typename }","${member}":{"a":${deep}}}}`,
        );
        expect(await socket.next()).toMatchObject({
          id: member,
          type: 'error',
          payload: [{ extensions: { code: 'INVALID_REQUEST' } }],
        });
      }
    },
  },
  {
    name: 'documents that are wrong: refused, the socket goes on',
    async run(target) {
      await using socket = await openRaw(target, connectionParams(target));
      const wrong = ['{', '', '{ nothing }', '{ a '.repeat(20_000), `{ ${'a '.repeat(5000)} }`];
      for (const [id, query] of wrong.entries()) {
        socket.send(subscribe(String(id), query));
        expect(await socket.next()).toMatchObject({
          id: String(id),
          type: 'error',
          payload: [{ extensions: { category: 'INPUT' } }],
        });
      }
    },
  },
  {
    name: 'an operation that costs too much: refused as over HTTP',
    async run(target) {
      await using socket = await openRaw(target, connectionParams(target));
      const query = `{ ${Array.from({ length: 60 }, (_, at) => `t${at}: ticket(id: "tkt_${at}") { id }`).join(' ')} }`;
      socket.send(subscribe('1', query));
      expect(JSON.stringify(await socket.next())).toContain('OPERATION_TOO_COSTLY');
    },
  },
  {
    name: 'a ping of 100,000 levels: answered',
    async run(target) {
      await using socket = await openRaw(target, connectionParams(target));
      socket.send(`{"type":"ping","payload":{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`);
      expect(await socket.next()).toMatchObject({ type: 'pong' });
    },
  },
  {
    name: 'keys that would pollute prototypes do nothing',
    async run(target) {
      await using socket = await openRaw(target, connectionParams(target));
      socket.send(
        '{"type":"subscribe","id":"__proto__","payload":{"query":"{ __typename }","__proto__":{"polluted":1},"variables":{"constructor":{"prototype":{"polluted":1}}}}}',
      );
      expect(await socket.next()).toMatchObject({
        id: '__proto__',
        type: 'next',
        payload: { data: { __typename: 'Query' } },
      });
    },
  },
];

const halfOpen: readonly AbuseCase[] = [
  {
    name: 'a client that answers no ping: cut',
    async run({ impatient: target }) {
      await using wire = await openSocket(target);
      await endOf(wire);
    },
  },
  {
    name: 'a client that closes its half: closed',
    async run(target) {
      await using wire = await openSocket(target);
      wire.socket.end();
      await endOf(wire);
    },
  },
  {
    name: 'a client that never finishes its message: cut',
    async run({ impatient: target }) {
      await using wire = await openSocket(target);
      wire.write(frame({ opcode: 1, fin: false, payload: 'x'.repeat(100_000) }));
      await endOf(wire);
    },
  },
  {
    name: 'a client that is told to go and stays: cut',
    async run({ impatient: target }) {
      await using wire = await openSocket(target);
      wire.write(text('hello'));
      // Its own close frame never comes.
      await endOf(wire);
    },
  },
];

export const socketCases: readonly AbuseCase[] = [...handshakes, ...malformed, ...ofTheProtocol, ...halfOpen];
