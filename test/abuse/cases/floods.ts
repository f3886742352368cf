import { expect } from 'vitest';
import { until } from '../../support/wait.ts';
import { openRaw } from '../../unit/http/raw-socket.ts';
import type { AbuseCase } from '../case.ts';
import { connectionParams, type Target } from '../target.ts';
import { frame, head, openSocket, openWire, postHead, text, endOf } from '../wire.ts';

/** A gateway that has more than that to hold while it is attacked does not bound what it keeps; bytes of its process. */
const mostBytes = 100 * 1_048_576;

const rss = async ({ process }: Target): Promise<number> => (await process.ask('memory')).rss;

/** Writes until nothing goes out any more, as far as a limit; then the other end has stopped reading. @returns bytes */
async function push(
  wire: Awaited<ReturnType<typeof openWire>>,
  block: Buffer,
  most: number,
): Promise<number> {
  let written = 0;
  while (written < most && !wire.socket.destroyed) {
    written += block.length;
    if (wire.socket.write(block)) continue;
    const drained = new Promise<'DRAINED'>((resolve) => wire.socket.once('drain', () => resolve('DRAINED')));
    const ended = wire.closed.then(() => 'ENDED' as const);
    if ((await Promise.race([drained, ended])) === 'ENDED') break;
  }
  return written;
}

const block = (one: Buffer, bytes: number): Buffer =>
  Buffer.concat(Array.from({ length: Math.ceil(bytes / one.length) }, () => one));

export const floodCases: readonly AbuseCase[] = [
  {
    name: 'sockets that ask and ask and read no answer: not listened to, kept within bounds, and cut',
    async run({ impatient: target }) {
      const before = await rss(target);
      const query = (id: number) =>
        text({
          type: 'subscribe',
          id: String(id),
          payload: { query: '{ errorCatalog { code description } }' },
        });
      const floods = [
        text({ type: 'ping', payload: { a: 'x'.repeat(100_000) } }),
        block(frame({ opcode: 9, payload: 'x'.repeat(125) }), 65_536),
        Buffer.concat(Array.from({ length: 900 }, (_, id) => query(id))),
      ];
      const wires = await Promise.all(floods.map(() => openSocket(target, { reads: false })));
      await Promise.all(wires.map((wire, at) => push(wire, floods[at] ?? Buffer.alloc(0), 150_000_000)));
      expect((await rss(target)) - before).toBeLessThan(mostBytes);
      expect(wires.map((wire) => wire.socket.destroyed || wire.socket.errored !== null)).toEqual([
        true,
        true,
        true,
      ]);
    },
  },
  {
    name: '20,000 pings in one go: answered, and others get their turn',
    async run(target) {
      await using wire = await openSocket(target);
      const count = 20_000;
      await push(wire, block(text({ type: 'ping' }), 65_536), 21 * count);
      wire.write(text({ type: 'ping', payload: { last: true } }));
      await until('the last answer', () => wire.ends('"last":true'), 20_000);
    },
  },
  {
    name: '400 sockets that come and go: none is left',
    async run(target) {
      for (let round = 0; round < 4; round += 1) {
        const sockets = await Promise.all(
          Array.from({ length: 100 }, () => openRaw(target, connectionParams(target))),
        );
        for (const socket of sockets)
          socket.send({
            type: 'subscribe',
            id: '1',
            payload: { query: 'subscription { ticketEvents { __typename } }' },
          });
        for (const socket of sockets) socket.socket.terminate();
        await Promise.all(sockets.map((socket) => socket.closed));
      }
    },
  },
  {
    name: '300 connections that send their headers and bodies slowly: each is ended',
    async run({ impatient: target }) {
      const wires = await Promise.all(Array.from({ length: 300 }, () => openWire(target)));
      for (const [at, wire] of wires.entries()) {
        wire.write(
          at % 2 === 0 ? 'GET /graphql HTTP/1.1\r\nX: ' : postHead(target, 'Content-Length: 1000000'),
        );
      }
      const drip = setInterval(() => {
        for (const wire of wires) wire.write('x');
      }, 100);
      await Promise.all(wires.map(endOf));
      clearInterval(drip);
      const told = wires.map((wire) => wire.text.slice(9, 12));
      // A byte that meets a connection already closed may cost its sender the answer.
      expect(told.filter((status) => status !== '408' && status !== '')).toEqual([]);
      expect(told.filter((status) => status === '408').length).toBeGreaterThan(wires.length / 2);
    },
  },
  {
    name: '30 connections that never stop asking and never read: cut',
    async run(target) {
      const before = await rss(target);
      const request = head(target, 'GET /graphql?query={tickets(first:50){nodes{id,subject}}}');
      const wires = await Promise.all(Array.from({ length: 30 }, () => openWire(target, false)));
      await Promise.all(wires.map((wire) => push(wire, Buffer.from(request.repeat(200)), 2_000_000)));
      expect((await rss(target)) - before).toBeLessThan(mostBytes);
      for (const wire of wires) wire.socket.destroy();
    },
  },
  {
    name: '20 bodies of 100 kB in chunks of one byte at a time: kept within bounds',
    async run(target) {
      const before = await rss(target);
      const wires = await Promise.all(Array.from({ length: 20 }, () => openWire(target)));
      const chunks = Buffer.from('1\r\n \r\n'.repeat(10_000));
      for (const wire of wires) wire.write(postHead(target, 'Transfer-Encoding: chunked'));
      await Promise.all(wires.map((wire) => push(wire, chunks, 600_000)));
      expect((await rss(target)) - before).toBeLessThan(mostBytes);
      for (const wire of wires) wire.socket.destroy();
    },
  },
];
