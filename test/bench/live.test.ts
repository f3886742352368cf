import fc from 'fast-check';
import { parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import { createDelays, delayAt } from './live/delays.ts';
import { clientFrame, createFrameReader, opcodes } from './live/frames.ts';
import { isWarming, markOf, readMark, type Mark } from './live/marks.ts';
import { comparison, median, table } from './live/report.ts';
import type { Run } from './live/run.ts';
import { agents, audienceOf, scenarios, subscribeOf } from './live/scenarios.ts';
import type { TargetName } from './live/targets.ts';

/** A frame as a server sends it. */
function serverFrame(text: string): Buffer {
  const body = Buffer.from(text);
  const header = [0x80 | opcodes.text];
  if (body.length < 126) header.push(body.length);
  else if (body.length < 65_536) header.push(126, body.length >> 8, body.length & 0xff);
  else header.push(127, 0, 0, 0, 0, 0, body.length >> 16, (body.length >> 8) & 0xff, body.length & 0xff);
  return Buffer.concat([Buffer.from(header), body]);
}

test('frames are read whole, wherever the stream was cut', () => {
  const sizes = fc.oneof(fc.nat(300), fc.constantFrom(125, 126, 65_535, 65_536));
  fc.assert(
    fc.property(fc.array(sizes, { maxLength: 5 }), fc.array(fc.nat(), { maxLength: 8 }), (lengths, cuts) => {
      const sent = lengths.map((length, index) => String(index).repeat(length));
      const stream = Buffer.concat(sent.map(serverFrame));
      const places = cuts.map((cut) => cut % (stream.length + 1)).toSorted((a, b) => a - b);
      const read: string[] = [];
      const take = createFrameReader((opcode, buffer, from, to) => {
        expect(opcode).toBe(opcodes.text);
        read.push(buffer.toString('utf8', from, to));
      });
      // One buffer for everything that is read, as sockets share one.
      const shared = Buffer.alloc(Math.max(1, stream.length));
      [0, ...places].forEach((from, index) => {
        const size = stream.copy(shared, 0, from, places[index] ?? stream.length);
        take(shared.subarray(0, size));
        shared.fill(0xff);
      });
      expect(read).toEqual(sent);
    }),
  );
});

test('a frame that a client should not get ends the reading', () => {
  const take = createFrameReader(() => undefined);
  expect(() => take(clientFrame(opcodes.text, 'masked'))).toThrow('masked');
  expect(() => createFrameReader(() => undefined)(Buffer.from([0x01, 1, 65]))).toThrow('fragment');
});

test('a mark is found where it belongs to the frame, and only there', () => {
  const mark: Mark = { number: -1, sentAt: -1 };
  const text = `{"subject":"${markOf('MEASURED', 42, 123_456_789_012)}"}`;
  const buffer = Buffer.from(`before ${text} after`);
  expect(readMark(buffer, 7, 7 + text.length, mark)).toBe(true);
  expect(mark).toEqual({ number: 42, sentAt: 123_456_789_012 });
  expect(readMark(buffer, 0, 7, mark)).toBe(false);
  expect(readMark(buffer, 30, buffer.length, mark)).toBe(false);
  const warming = markOf('WARMING', 42, 1);
  expect(readMark(Buffer.from(warming), 0, warming.length, mark)).toBe(false);
  expect(isWarming(warming)).toBe(true);
});

test('percentiles of delays are those of the values, to a tenth of a millisecond', () => {
  const delays = createDelays();
  expect(delayAt(delays, 50)).toBeNull();
  for (let value = 1; value <= 100; value += 1) delays.add(value * 1000 - 1);
  expect([50, 99, 100].map((percent) => delayAt(delays, percent))).toEqual([50, 99, 100]);
  delays.add(10 ** 12);
  expect(delayAt(delays, 100)).toBe(120_000);
});

test('an event’s audience is whoever subscribed to what it is about', () => {
  for (const subscribers of [100, 250, 1000]) {
    for (let event = 0; event < agents; event += 7) {
      const asked = Array.from({ length: subscribers }, (_, index) => index % agents === event % agents);
      expect(audienceOf('c', subscribers, event)).toBe(asked.filter(Boolean).length);
      expect(audienceOf('a', subscribers, event)).toBe(subscribers);
    }
  }
});

test('every document is valid, and half of those of scenario b are like no other', () => {
  for (const scenario of scenarios) {
    const documents = Array.from({ length: 10 }, (_, index) => subscribeOf(scenario, index).query);
    for (const query of documents) expect(validate(schema, parse(query))).toEqual([]);
    expect(new Set(documents).size).toBe(scenario === 'b' ? 6 : 1);
  }
});

const run = (changes: Partial<Run> = {}): Run => ({
  expected: 1000,
  delivered: 1000,
  repeated: 0,
  unasked: 0,
  gaps: 0,
  ended: 0,
  framesPerSecond: 100,
  p50: 1,
  p99: 2,
  drained: 3,
  webhooks: { sent: 10, taken: 10, p50: 1, p99: 2 },
  idle: { rss: 2048, heap: 1024 },
  cpuMs: 50,
  subscribersCpu: 0.5,
  trouble: [],
  ...changes,
});

test('the gateway is held against the best of the others in each respect', () => {
  const results = new Map<TargetName, Run[]>([
    ['gateway', [run({ framesPerSecond: 300, cpuMs: 10 })]],
    ['mercurius', [run({ framesPerSecond: 100, cpuMs: 20 })]],
    ['yoga', [run({ framesPerSecond: 150, cpuMs: 40 })]],
  ]);
  expect(comparison(results)).toContain('2.00 times its frames/s, 0.50 times its CPU');
  expect(comparison(new Map([['gateway', [run()]]]))).toBeNull();
  expect(comparison(new Map([...results, ['gateway', []]]))).toBeNull();
});

test('losses of all rounds are added up, everything else is the median of the rounds', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([])).toBeNull();
  const rows = table(
    new Map<TargetName, Run[]>([
      ['gateway', [run({ p99: 5, repeated: 1 }), run({ p99: 7 }), run({ p99: 900, delivered: 700 })]],
      ['yoga', []],
    ]),
  );
  const row = (title: string) => rows.find((line) => line.trim().startsWith(title))?.split(/\s{2,}/);
  expect(row('delay p99')).toEqual(['', 'delay p99', '7 ms', 'failed']);
  expect(row('delivered')).toEqual(['', 'delivered', '90.0 %', 'failed']);
  expect(row('repeated')).toEqual(['', 'repeated', '1', 'failed']);
});

test('one round that was not delivered in time is not hidden by others that were', () => {
  const rows = table(new Map<TargetName, Run[]>([['gateway', [run(), run({ drained: null }), run()]]]));
  expect(rows.find((line) => line.includes('drained'))).toContain('not in time');
});
