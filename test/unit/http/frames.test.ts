import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { headerBytes, pingFrame, textFrame } from '../../../src/http/sockets/frames.ts';

const server = createServer();
let client: WebSocket;
let socket: Duplex;
const heard: string[] = [];

beforeAll(async () => {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  server.on('upgrade', (request, raw, head) => {
    socket = raw;
    sockets.handleUpgrade(request, raw, head, () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  client = new WebSocket(`ws://127.0.0.1:${address.port}`);
  client.on('message', (data: Buffer, isBinary) => heard.push(`${isBinary}:${data.toString()}`));
  client.on('ping', (data) => heard.push(`ping:${data.toString()}`));
  await once(client, 'open');
});
afterAll(async () => {
  client.terminate();
  await new Promise((resolve) => server.close(resolve));
});

/** What a client of `ws` makes of some frames. */
async function received(...frames: readonly Buffer[]): Promise<readonly string[]> {
  heard.length = 0;
  socket.write(Buffer.concat([...frames, textFrame('the end')]));
  while (heard.at(-1) !== 'false:the end') await once(client, 'message');
  return heard.slice(0, -1);
}

test('any text arrives as it was, however it is cut into characters and bytes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'grapheme', maxLength: 300 }).filter((text) => text !== 'the end')),
      async (texts) => {
        const frames = texts.map(textFrame);
        expect(await received(...frames)).toEqual(texts.map((text) => `false:${text}`));
      },
    ),
  );
});

test.for([0, 1, 125, 126, 65_535, 65_536, 200_000])('a text of %i bytes arrives', async (length) => {
  const text = 'x'.repeat(length);
  expect(textFrame(text)).toHaveLength(headerBytes(length) + length);
  expect(await received(textFrame(text), pingFrame)).toEqual([`false:${text}`, 'ping:']);
});
