import { expect } from 'vitest';
import { until } from '../../support/wait.ts';
import type { AbuseCase } from '../case.ts';
import { endOf, head, openWire, postHead, statusOf, upgradeLines } from '../wire.ts';

/** Sends bytes on a connection of their own and expects a status. */
const bytes = (name: string, status: number, make: (post: string, get: string) => string): AbuseCase => ({
  name,
  async run(target) {
    await using wire = await openWire(target);
    wire.write(make(postHead(target), head(target, 'GET /graphql?query={__typename}')));
    expect(await statusOf(wire)).toBe(status);
  },
});

/** Adds lines to a head. */
const plus = (request: string, ...lines: readonly string[]): string =>
  `${request.slice(0, -2)}${lines.map((line) => `${line}\r\n`).join('')}\r\n`;

const chunk = (length: number): string => `${length.toString(16)}\r\n${' '.repeat(length)}\r\n`;

const slow: readonly AbuseCase[] = [
  {
    name: 'headers that come a byte at a time: 408',
    async run({ impatient: target }) {
      await using wire = await openWire(target);
      wire.write('GET /graphql HTTP/1.1\r\nX: ');
      const drip = setInterval(() => wire.write('x'), 20);
      expect(await statusOf(wire)).toBe(408);
      clearInterval(drip);
    },
  },
  {
    name: 'a connection that says nothing: 408',
    async run({ impatient: target }) {
      await using wire = await openWire(target);
      expect(await statusOf(wire)).toBe(408);
    },
  },
  {
    name: 'a body that comes a byte at a time: 408, and the connection ends',
    async run({ impatient: target }) {
      await using wire = await openWire(target);
      wire.write(postHead(target, 'Content-Length: 100000'));
      const drip = setInterval(() => wire.write(' '), 20);
      expect(await statusOf(wire)).toBe(408);
      await endOf(wire);
      clearInterval(drip);
    },
  },
  {
    name: 'a body that never comes: 408',
    async run({ impatient: target }) {
      await using wire = await openWire(target);
      wire.write(postHead(target, 'Content-Length: 10'));
      expect(await statusOf(wire)).toBe(408);
    },
  },
  {
    name: 'a sender that goes on after its refusal: cut',
    async run({ impatient: target }) {
      await using wire = await openWire(target);
      wire.write(postHead(target, 'Transfer-Encoding: chunked'));
      const flood = setInterval(() => wire.write(chunk(65_536)), 5);
      expect(await statusOf(wire)).toBe(413);
      await endOf(wire);
      clearInterval(flood);
    },
  },
  {
    name: 'a client that closes its half in the middle of a request: its connection ends',
    async run({ impatient: target }) {
      await using wire = await openWire(target);
      wire.write(postHead(target, 'Content-Length: 10'));
      wire.socket.end();
      await endOf(wire);
    },
  },
];

const many: readonly AbuseCase[] = [
  {
    name: 'five thousand requests on one connection without waiting for an answer: cut',
    async run(target) {
      await using wire = await openWire(target);
      wire.write(head(target, 'GET /graphql?query={tickets{nodes{id}}}').repeat(5000));
      await endOf(wire);
      expect(wire.text.split('HTTP/1.1 200').length).toBeLessThan(200);
    },
  },
  {
    name: 'a body of 50 kB in chunks of one byte: read',
    async run(target) {
      await using wire = await openWire(target);
      const query = '{"query":"{ __typename }"}';
      wire.write(postHead(target, 'Transfer-Encoding: chunked'));
      wire.write('1\r\n \r\n'.repeat(50_000));
      wire.write(`${query.length.toString(16)}\r\n${query}\r\n0\r\n\r\n`);
      expect(await statusOf(wire)).toBe(200);
    },
  },
];

export const httpCases: readonly AbuseCase[] = [
  ...slow,
  ...many,
  bytes('what is no HTTP: 400', 400, () => 'hello\r\n\r\n'),
  bytes('a greeting of TLS: 400', 400, () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'),
  bytes('headers of more than 16 KiB: 431', 431, (_post, get) => plus(get, `X: ${'x'.repeat(17_000)}`)),
  bytes('a query of more than 16 KiB in the request line: 431', 431, (_post, get) =>
    get.replace('__typename', `__typename #${'x'.repeat(17_000)}`).replaceAll(' #', '%23'),
  ),
  bytes('300 header lines: 431', 431, (_post, get) =>
    plus(get, ...Array.from({ length: 300 }, (_, at) => `X-${at}: x`)),
  ),
  bytes('a length above the limit: 413 before a byte of it', 413, (post) =>
    plus(post, 'Content-Length: 1048577'),
  ),
  bytes(
    'chunks above the limit: 413 as soon as they are',
    413,
    (post) => `${plus(post, 'Transfer-Encoding: chunked')}${chunk(65_536).repeat(17)}`,
  ),
  bytes(
    'extensions of chunks without end: 413',
    413,
    (post) => `${plus(post, 'Transfer-Encoding: chunked')}1;${'x'.repeat(20_000)}`,
  ),
  bytes('a length and chunks: 400', 400, (post) =>
    plus(post, 'Content-Length: 5', 'Transfer-Encoding: chunked'),
  ),
  bytes('two lengths: 400', 400, (post) => plus(post, 'Content-Length: 5', 'Content-Length: 6')),
  bytes('a length that is no number: 400', 400, (post) => plus(post, 'Content-Length: +5')),
  bytes(
    'a chunk of a length that is none: 400',
    400,
    (post) => `${plus(post, 'Transfer-Encoding: chunked')}-1\r\n\r\n`,
  ),
  bytes('a header that is folded: 400', 400, (_post, get) => plus(get, 'X: a', ' b')),
  bytes('a header with a NUL: 400', 400, (_post, get) => plus(get, 'X: a\0b')),
  bytes('two hosts: 400', 400, (_post, get) => plus(get, 'Host: evil.example')),
  bytes('a compressed body: 415', 415, (post) => plus(post, 'Content-Encoding: gzip', 'Content-Length: 5')),
  bytes('a form: 415', 415, (post) =>
    plus(post.replace('application/json', 'application/x-www-form-urlencoded'), 'Content-Length: 5'),
  ),
  bytes('files: 415', 415, (post) =>
    plus(post.replace('application/json', 'multipart/form-data; boundary=x'), 'Content-Length: 5'),
  ),
  bytes('another character set: 415', 415, (post) =>
    plus(post.replace('application/json', 'application/json; charset=utf-16'), 'Content-Length: 5'),
  ),
  bytes('PUT: 405', 405, (post) => plus(post.replace('POST', 'PUT'), 'Content-Length: 0')),
  bytes('TRACE: 405', 405, (_post, get) => get.replace('GET', 'TRACE')),
  bytes('a path that climbs: 404', 404, (_post, get) => get.replace('/graphql', '/graphql/../../etc/passwd')),
  bytes('a path that climbs in escapes: 404', 404, (_post, get) =>
    get.replace('/graphql', '/%2e%2e/graphql'),
  ),
  bytes('an address of somebody else in the request line: 421', 421, (_post, get) =>
    get.replace('/graphql', 'http://evil.example/graphql'),
  ),
  bytes(
    'a query by GET with a body: the body is left alone',
    200,
    (_post, get) => `${plus(get, 'Content-Length: 1000000')}${'x'.repeat(1000)}`,
  ),
  {
    name: 'CONNECT: no tunnel, the connection ends',
    async run(target) {
      await using wire = await openWire(target);
      wire.write(head(target, 'CONNECT evil.example:443'));
      await endOf(wire);
      expect(wire.text).toBe('');
    },
  },
  {
    name: 'another protocol (h2c): answered in this one',
    async run(target) {
      await using wire = await openWire(target);
      wire.write(
        head(
          target,
          'GET /graphql?query={__typename}',
          'Connection: Upgrade, HTTP2-Settings',
          'Upgrade: h2c',
          'HTTP2-Settings: AAMAAABkAAQAAP__',
        ),
      );
      expect(await statusOf(wire)).toBe(200);
    },
  },
  {
    name: 'a socket that is asked for behind a request that waits: nothing overtakes that one’s answer',
    async run(target) {
      await using wire = await openWire(target);
      const query = encodeURIComponent('{ tickets(first: 3) { nodes { localId } } }');
      wire.write(
        `${head(target, `GET /graphql?query=${query}`)}${head(target, 'GET /graphql', 'Origin: https://evil.example', ...upgradeLines)}`,
      );
      await endOf(wire);
      expect(wire.text).not.toMatch(/ 101 | 403 /);
    },
  },
  {
    name: 'an event stream that nobody reads: ended with its client',
    async run(target) {
      await using wire = await openWire(target);
      const query = encodeURIComponent('subscription { ticketEvents { __typename } }');
      wire.write(head(target, `GET /graphql?query=${query}`, 'Accept: text/event-stream'));
      await until('the stream', () => wire.text.includes('StreamReady'));
      wire.socket.resetAndDestroy();
      await endOf(wire);
    },
  },
];
