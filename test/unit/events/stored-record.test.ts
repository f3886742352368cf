import { expect, test } from 'vitest';
import type { EventRecord } from '../../../src/domain/event.ts';
import { createMemoryLog } from '../../../src/events/log/memory-log.ts';
import { createRecordDecoder, encodeRecord } from '../../../src/events/log/stored-record.ts';
import { makeEvent } from '../../contract/event-fixtures.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

async function makeRecord(): Promise<EventRecord> {
  const appended = await createMemoryLog().append('ws', makeEvent(), new Date().toISOString());
  if (appended.result !== 'APPENDED') throw new Error('a repeat');
  return appended.record;
}

test('a record that is read again is the same object', async () => {
  const { decode } = createRecordDecoder();
  const record = await makeRecord();
  const first = decode(record.cursor, encodeRecord(record));
  expect(first).toEqual(record);
  expect(decode(record.cursor, encodeRecord(record))).toBe(first);
});

test('a record that was damaged since it was read is found damaged, and one that changed is read anew', async () => {
  const { decode } = createRecordDecoder();
  const record = await makeRecord();
  const text = encodeRecord(record);
  decode(record.cursor, text);
  expect(decode(record.cursor, text.slice(0, -1))).toBeNull();
  expect(decode(record.cursor, '{}')).toBeNull();
  const other = { ...record, stale: !record.stale };
  expect(decode(record.cursor, encodeRecord(other))).toEqual(other);
});

test('what it remembers is bounded, and gone half a minute later however often it is read', async () => {
  const clock = createVirtualClock();
  const decoder = createRecordDecoder(clock);
  const record = await makeRecord();
  const text = encodeRecord(record);
  for (let index = 0; index < 5000; index += 1) decoder.decode(`cursor ${index}`, text);
  expect(decoder.size).toBe(4096);
  await clock.advance(20_000);
  decoder.decode('cursor 4999', text);
  await clock.advance(10_000);
  expect(decoder.size).toBe(0);
  decoder.decode(record.cursor, text);
  await clock.advance(30_000);
  expect(decoder.size).toBe(0);
});
