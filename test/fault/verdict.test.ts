import { expect, test } from 'vitest';
import type { FeedEvent, FeedMessage } from './feed-message.ts';
import { createExpectation, createReference, judge as judgeAll } from './verdict.ts';

const reference = createReference('c0', ['c1', 'c2', 'c3', 'c4']);
const ready = (cursor: string, resumed = false): FeedMessage => ({
  __typename: 'StreamReady',
  cursor,
  resumed,
  replayCount: 0,
});
const gap = (cursor: string): FeedMessage => ({ __typename: 'StreamGap', cursor, reason: 'EVENTS_LOST' });
const event = (cursor: string): FeedEvent => ({
  __typename: 'TicketEvent',
  cursor,
  eventId: cursor,
  type: 'TICKET_UPDATED',
  stale: false,
  replayed: false,
  ticketId: `tkt_${cursor}`,
  matchesFilter: true,
});
const all = [1, 2, 3, 4];
const judge = (messages: readonly FeedMessage[], places: readonly number[], change = {}) =>
  judgeAll(
    messages,
    reference,
    createExpectation(new Map(places.map((place) => [place, { ...event(`c${place}`), ...change }]))),
  );

test.for<[string, readonly FeedMessage[], readonly number[], number]>([
  ['everything, once', [ready('c0'), event('c1'), event('c2'), event('c3'), event('c4')], all, 0],
  ['a break without loss', [ready('c2'), event('c3'), ready('c3', true), event('c4')], all, 0],
  ['a filter', [ready('c0'), event('c2'), ready('c3', true), event('c4')], [2, 4], 0],
  ['a gap', [ready('c0'), event('c1'), gap('c3'), event('c4')], all, 1],
  ['a gap after a break', [ready('c0'), event('c1'), ready('c3'), gap('c3'), event('c4')], all, 1],
])('nothing is said against %s', ([, messages, expected, gaps]) => {
  expect(judge(messages, expected)).toEqual({ faults: [], gaps, coalesced: 0, complete: true });
});

test.for<[string, readonly FeedMessage[], readonly number[]]>([
  ['an event twice', [ready('c0'), event('c1'), event('c1')], all],
  ['an event twice, after a break', [ready('c0'), event('c1'), event('c2'), ready('c1', true)], all],
  ['an event out of order', [ready('c0'), event('c1'), event('c3'), event('c2')], all],
  ['a hole', [ready('c0'), event('c1'), event('c3')], all],
  ['a hole at a break', [ready('c0'), event('c1'), ready('c2', true), event('c3')], all],
  ['a new beginning without a gap', [ready('c0'), event('c1'), ready('c2'), event('c3')], all],
  ['a gap that goes back', [ready('c0'), event('c1'), event('c2'), gap('c1')], all],
  ['an event of another log', [ready('c0'), event('other')], all],
  ['an event for others', [ready('c0'), event('c1')], [2, 3, 4]],
  ['an event before all else', [event('c1')], all],
])('found: %s', ([, messages, expected]) => {
  expect(judge(messages, expected).faults).not.toEqual([]);
});

test('what is still missing at the end is seen', () => {
  expect(judge([ready('c0'), event('c1')], all).complete).toBe(false);
  expect(judge([], all).complete).toBe(false);
});

test('an update may be left out for a later one of the same ticket', () => {
  const messages = [ready('c0'), event('c1'), event('c4')];
  expect(judge(messages, all, { ticketId: 'tkt_1' })).toMatchObject({ faults: [], coalesced: 2 });
  expect(judge(messages, all, { ticketId: 'tkt_1', type: 'TICKET_CREATED' }).faults).toHaveLength(2);
  expect(judge(messages, all).faults).toHaveLength(2);
});
