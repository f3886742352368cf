import { get, type IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { decodeCursor } from '../../../src/events/log/cursor.ts';
import { createMemoryLog } from '../../../src/events/log/memory-log.ts';
import { makeEvent } from '../../contract/event-fixtures.ts';
import { until, within } from '../../support/wait.ts';
import { start, type Running } from './stub.ts';

const query =
  'subscription ($after: String) { ticketEvents(after: $after) { cursor ... on TicketEvent { eventId ticket { subject } } } }';
const heartbeatMs = 20;

/** A client that reads so many bytes and then none for some heartbeats, over and over. */
async function listen({ url }: Running, after: string, bytes: number) {
  const search = new URLSearchParams({ query, variables: JSON.stringify({ after }) });
  const answered = Promise.withResolvers<IncomingMessage>();
  const request = get(`${url}?${search}`, { headers: { accept: 'text/event-stream' } }, answered.resolve);
  request.on('error', answered.reject);
  const response = await within('answer', answered.promise);
  let text = '';
  let read = bytes;
  response.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
    read += chunk.length;
    if (read < bytes) return;
    read = 0;
    response.pause();
    setTimeout(() => response.resume(), 10 * heartbeatMs);
  });
  response.on('error', () => undefined);
  return { text: () => text, close: () => request.destroy() };
}

test('an id never lies behind one that was told, also where a reader stops for a while', async () => {
  const eventLog = createMemoryLog();
  await using gateway = await start({ parts: { eventLog, limits: { heartbeatMs } } });
  const { cursor } = await eventLog.head('ws_1');
  const subject = 'x'.repeat(40_000);
  for (let n = 1; n <= 300; n += 1) {
    const ticket = { ticketId: `tkt_${n}`, ticket: { subject } };
    await eventLog.append(
      'ws_1',
      makeEvent({ eventId: `${n}`, type: 'TICKET_CREATED', ...ticket }),
      new Date().toISOString(),
    );
  }
  const { text, close } = await listen(gateway, cursor, 3_000_000);
  await until('the last event', () => text().includes('"eventId":"300"'), 15_000);
  close();
  const positions = Array.from(
    text().matchAll(/^id: (.+)$/gm),
    ([, id = '']) => decodeCursor(id)?.position ?? 0,
  );
  expect(positions).toHaveLength(301);
  expect(positions).toEqual(positions.toSorted((one, other) => one - other));
});
