import fc from 'fast-check';
import { type Scenario, type SimulatedWindow, simulate } from './simulation.ts';

/** Part of a full window that must be used while more is asked. */
export const LEAST_USED_PART = 0.98;

/** Everything a backend may do, with us as its key's only spender and more demand than budget. */
export const soleSpender = (minutes: number): fc.Arbitrary<Scenario> =>
  fc
    .record({
      seed: fc.integer({ min: 1, max: 0x7fff_ffff }),
      limit: fc.oneof(fc.constant(400), fc.integer({ min: 60, max: 300 })),
      windows: fc.constantFrom('BY_CLOCK', 'BY_FIRST_CALL'),
      rounding: fc.constantFrom('UP', 'DOWN', 'NEAREST'),
      headersOf: fc.constantFrom('COUNTING', 'ANSWERING'),
      skewMs: fc.integer({ min: -30_000, max: 30_000 }),
      date: fc.boolean(),
      tripMs: fc.constantFrom(5, 50, 200, 500),
      slowPart: fc.constantFrom(0, 0.01, 0.02),
      slowMs: fc.constantFrom(1_000, 5_000, 9_000),
      slowWay: fc.constantFrom('BACK', 'BACK', 'BACK', 'THERE'),
      barePart: fc.constantFrom(0, 0.05, 0.3),
      lostPart: fc.constantFrom(0, 0.002, 0.005),
      limitChanges: fc.constantFrom(false, false, false, true),
      refusedCount: fc.boolean(),
      mutationPart: fc.constantFrom(0, 0, 0.2, 1),
      spentBeforePart: fc.constantFrom(0, 0, 0.1),
    })
    .map(({ spentBeforePart, ...chosen }) => ({
      ...chosen,
      minutes,
      spentBefore: Math.floor(chosen.limit * spentBeforePart),
      foreignPerMinute: 0,
      demand: 3 * chosen.limit + 100,
    }));

/** The same with others who spend the key, and hardly less than it holds. */
export const manySpenders = (minutes: number): fc.Arbitrary<Scenario> =>
  fc
    .record({ scenario: soleSpender(minutes), foreignPart: fc.constantFrom(0.05, 0.3, 0.8) })
    .map(({ scenario, foreignPart }) => ({ ...scenario, foreignPerMinute: scenario.limit * foreignPart }));

/** What a scenario showed, from the first turnover on. */
export interface Assessment {
  readonly scenario: Scenario;
  /** Complete windows after the first turnover that could be seen. */
  readonly windows: readonly SimulatedWindow[];
  /** Of these, the ones in which a call of ours was refused. */
  readonly overdrawn: readonly SimulatedWindow[];
  /**
   * Of these, the ones that were not used as they should be. What arrives many seconds after it was sent may miss its
   * window, whatever we do: with such calls it is only judged whether a window was overdrawn.
   */
  readonly underused: readonly SimulatedWindow[];
  /** The lowest part of a limit that was used. */
  readonly leastUsedPart: number;
  /** How often we took ourselves for somebody else who spends the key. */
  readonly suspected: number;
  readonly refusedBefore: number;
  readonly sent: number;
  /** The longest time in which no call was sent, though many waited. */
  readonly longestStretchMs: number;
}

/** Calls that got lost on the way were spent as far as anybody can know. */
const underused = ({ used, lost, limit }: SimulatedWindow): boolean =>
  used + lost < Math.floor(limit * LEAST_USED_PART);

export function assess(scenario: Scenario): Assessment {
  const { windows: all, sent, suspected, silences } = simulate(scenario);
  // A turnover is seen if calls were made before it, not a single one in a window's last moment.
  const learned = all.findIndex(({ used, limit }) => used - scenario.spentBefore > limit / 10);
  const windows = all.slice(learned + 1);
  const from = windows[0]?.startedAt ?? Infinity;
  return {
    scenario,
    windows,
    overdrawn: windows.filter(({ refused }) => refused > 0),
    underused: scenario.slowWay === 'BACK' ? windows.filter(underused) : [],
    leastUsedPart: Math.min(1, ...windows.map(({ used, limit }) => used / limit)),
    suspected,
    refusedBefore: all.slice(0, learned + 1).reduce((sum, { refused }) => sum + refused, 0),
    sent,
    longestStretchMs: Math.max(0, ...silences.filter(({ until }) => until > from + 1000).map(({ ms }) => ms)),
  };
}
