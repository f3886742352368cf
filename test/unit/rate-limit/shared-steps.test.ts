import { describe, expect, test } from 'vitest';
import type { Observation } from '../../../src/rate-limit/limiter.ts';
import type { Instances } from '../../../src/rate-limit/presence.ts';
import {
  begunState,
  deserialize,
  serialize,
  type SharedState,
  tagOf,
} from '../../../src/rate-limit/shared-state.ts';
import {
  advanced,
  advancedApart,
  type Apart,
  departed,
  grantApart,
  joined,
  recreated,
  sharedOutlook,
  withGrants,
  withLapsed,
  withSettlements,
} from '../../../src/rate-limit/shared-steps.ts';

const START = Date.UTC(2026, 0, 1);
const END = START + 60_000;
const three: Instances = { total: 3, missing: 0 };
const demand = (QUERY: number) => ({ MUTATION: 0, QUERY, BACKGROUND: 0 });

const said = (remaining: number, more?: Observation) =>
  ({
    kind: 'ANSWERED',
    observation: { limit: 90, remaining, resetAt: END, serverTime: START, ...more },
  }) as const;

function names(): () => string {
  let last = 0;
  return () => `p${(last += 1)}`;
}

/** Allows `instance` as many as may go of `count`. */
function allow(state: SharedState, instance: string, count: number, now: number, instances = three) {
  return withGrants(advanced(state, instances, now), instance, demand(count), instances, names(), now);
}

/** A budget of 90 whose first call was answered at once: `remaining` are left. */
function opened(remaining: number, more?: Observation): SharedState {
  const { state } = allow(begunState('epoch', 90, 60_000, START), 'a', 1, START);
  return withSettlements(state, 'a', [{ id: 'p1', outcome: said(remaining, more) }], START);
}

const remainingOf = (state: SharedState, now: number, instances = three): number =>
  sharedOutlook(advanced(state, instances, now), instances, now).remaining;

/** How many of 100 calls may go at `now`. */
const lonely = (apart: Apart, now: number): number => {
  let at = advancedApart(apart, three, now);
  for (let count = 0; ; count += 1) {
    const granted = grantApart(at, demand(100), three, now);
    if (granted === null) return count;
    at = granted.apart;
  }
};

describe('the steps of a shared budget', () => {
  test('a state survives being stored', () => {
    const { state } = allow(opened(80, { retryAfterMs: 5_000 }), 'b', 3, START + 6_000);
    expect(deserialize(serialize(state))).toEqual(state);
  });

  test('permits of all processes count until they are settled, however often that is told', () => {
    const a = allow(opened(50), 'a', 5, START);
    const b = allow(a.state, 'b', 7, START);
    expect(remainingOf(b.state, START)).toBe(38);
    const settlements = [{ id: 'p1', outcome: { kind: 'NOT_SENT' } as const }];
    const once = withSettlements(b.state, 'b', settlements, START);
    expect(remainingOf(once, START)).toBe(39);
    expect(withSettlements(once, 'b', settlements, START)).toEqual(once);
    expect(once.permits).toEqual({ a: b.state.permits['a'], b: expect.not.objectContaining({ p1: START }) });
  });

  test('permits that a process does not know of go back; those of others count as lost after two minutes', () => {
    const { state } = allow(allow(opened(50), 'a', 5, START).state, 'b', 7, START);
    expect(
      remainingOf(
        withLapsed(state, 'a', () => false, START),
        START,
      ),
    ).toBe(43);
    expect(withLapsed(state, 'a', () => true, START)).toBe(state);
    const late = withLapsed(advanced(state, three, START + 120_001), 'a', () => true, START + 120_001);
    expect(late.permits).toEqual({ a: state.permits['a'] });
    expect(late.window.inFlight).toBe(5);
    expect(remainingOf(late, START + 120_001)).toBe(90 - 12);
  });

  test('a refusal that one process met silences all', () => {
    const { state } = allow(opened(50), 'b', 1, START);
    const refused = withSettlements(
      state,
      'b',
      [{ id: 'p1', outcome: said(49, { retryAfterMs: 20_000 }) }],
      START,
    );
    expect(allow(refused, 'a', 5, START + 19_999).grants).toEqual([]);
    expect(allow(refused, 'a', 5, START + 20_000).grants).toHaveLength(1);
  });

  test('processes that are cut off are left their shares', () => {
    const { state } = allow(opened(89), 'a', 1, START);
    expect(remainingOf(state, START, { total: 3, missing: 1 })).toBe(90 - 30 - 2);
    expect(remainingOf(state, START, { total: 3, missing: 2 })).toBe(90 - 60 - 2);
  });
});

describe('a process that is cut off', () => {
  test('sends nothing in the window that runs, and its share in each one from then on', () => {
    const apart = departed(opened(89), 0, START + 1_000, START + 1_000);
    expect(lonely(apart, START + 1_000)).toBe(0);
    expect(lonely(apart, END - 1_000)).toBe(0);
    const later = advancedApart(apart, three, END + 2_500);
    expect(lonely(later, END + 2_500)).toBe(9);
    const first = grantApart(later, demand(1), three, END + 2_500);
    expect(first).not.toBeNull();
  });

  test('waits for a whole window where it does not know which one runs', () => {
    const lostAt = END + 30_000;
    const apart = departed(opened(89), 0, lostAt, lostAt);
    expect(lonely(apart, lostAt + 59_999)).toBe(0);
    expect(lonely(apart, lostAt + 60_000)).toBeGreaterThan(0);
  });

  test('sends at once where it never knew of any others', () => {
    expect(lonely(departed(begunState('e', 90, 60_000, START), 0, null, START), START)).toBe(1);
  });

  test('does not wait for what others have in flight', () => {
    const { state } = allow(opened(50), 'b', 7, START);
    const apart = departed(state, 2, START, START);
    expect(apart.window.inFlight).toBe(2);
  });

  test('brings what it sent meanwhile into the common window, what is in flight and what was answered', () => {
    const apart: Apart = {
      ...departed(opened(50), 0, START, START),
      born: [{ at: START + 2_000, count: 4 }],
    };
    const held = new Map([['mine', START + 1_500]]);
    const state = joined(opened(50), apart, 'b', held, START + 2_000);
    expect(remainingOf(state, START + 2_000)).toBe(50 - 4 - 1);
    expect(state.permits).toEqual({ b: { mine: START + 1_500 } });
    const answered = withSettlements(state, 'b', [{ id: 'mine', outcome: said(49) }], START + 2_000);
    expect(answered.window.inFlight).toBe(0);
  });

  test('does not bring in again what the store knows of', () => {
    const { state } = allow(opened(50), 'b', 1, START);
    const apart = departed(state, 1, START, START);
    const held = new Map([['p1', START]]);
    expect(joined(state, apart, 'b', held, START).window).toEqual(state.window);
  });

  test('brings the silence that the backend asked for', () => {
    const { state } = allow(opened(50), 'b', 1, START);
    const refused = withSettlements(
      state,
      'b',
      [{ id: 'p1', outcome: said(49, { retryAfterMs: 9_000 }) }],
      START,
    );
    const back = joined(opened(50), departed(refused, 0, START, START), 'b', new Map(), START);
    expect(allow(back, 'a', 1, START + 8_999).grants).toEqual([]);
  });

  test('begins anew what the store has lost, and nobody sends until the window of the loss is over', () => {
    const apart = departed(opened(89), 0, START + 1_000, START + 1_000);
    const state = recreated(apart, 'other', 'b', new Map(), START + 3_000);
    expect(allow(state, 'a', 5, START + 3_000).grants).toEqual([]);
    expect(allow(state, 'b', 5, END - 1_000).grants).toEqual([]);
    expect(allow(state, 'b', 5, END + 2_500).grants).not.toEqual([]);
  });
});

test('two states of one version do not pass for each other: a store that lost its last write may be given another', () => {
  const state = begunState('epoch', 400, 60_000, 0);
  expect(tagOf({ ...state })).toBe(tagOf(state));
  expect(tagOf({ ...state, quietUntil: 1 })).not.toBe(tagOf(state));
});
