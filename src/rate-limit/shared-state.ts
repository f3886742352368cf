/** One key's budget as several processes keep it together: plain data, stored as JSON. Moments are by the shared clock. */
import { hash } from 'node:crypto';
import { z } from 'zod';
import { initialPace, type Pace } from './pacing.ts';
import { initialWindow, type WindowState } from './window-state.ts';

export interface SharedState {
  /** Whoever created it drew this at random: another one means that the store has lost what it had. */
  readonly epoch: string;
  /** Grows by one with each step. */
  readonly version: number;
  /** When the last step was taken. */
  readonly at: number;
  /** Nothing is sent before: what the window that ran held was lost with the store. */
  readonly quietUntil: number;
  readonly window: WindowState;
  readonly pace: Pace;
  /** Calls in flight, by process and permit, with the moment at which each was allowed. */
  readonly permits: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** A budget nobody has spent from yet. */
export const begunState = (epoch: string, limit: number, windowMs: number, now: number): SharedState => ({
  epoch,
  version: 0,
  at: now,
  quietUntil: 0,
  window: initialWindow(limit, windowMs),
  pace: initialPace,
  permits: {},
});

/**
 * Names one version of one state: what a process read, and what it must find unchanged when it writes. A store that has
 * lost its last write may be given another state of the same version, so what the state is belongs to its name.
 */
export const tagOf = (state: SharedState): string =>
  `${state.epoch}:${state.version}:${hash('sha256', serialize(state), 'base64url').slice(0, 11)}`;

const interval = z.object({ from: z.number(), to: z.number() });

const reported = z.object({
  resetAt: z.number(),
  firstHeardAt: z.number(),
  used: z.number(),
  usedHeardAt: z.number(),
  unsure: z.number(),
  attributed: z.number(),
  foreign: z.number(),
  after: z.number(),
  until: z.number(),
  end: interval,
});

const window = z.object({
  windowMs: z.number(),
  limit: z.number(),
  observedAt: z.number().nullable(),
  current: reported.nullable(),
  ended: reported.nullable(),
  openedAt: z.number(),
  beganAfter: z.number(),
  inFlight: z.number(),
  unattributed: z.array(z.object({ at: z.number(), count: z.number() })),
  gate: z
    .object({
      kind: z.enum(['UNCONFIRMED', 'REFUSED']),
      since: z.number(),
      inFlight: z.number(),
      room: z.number(),
    })
    .nullable(),
  blockedUntil: z.number(),
  knowledge: z.object({ offset: interval.nullable(), shift: interval.nullable() }),
  trip: z.object({ mean: z.number(), deviation: z.number() }),
  suspicion: z.number(),
});

const shape: z.ZodType<SharedState> = z.object({
  epoch: z.string(),
  version: z.number(),
  at: z.number(),
  quietUntil: z.number(),
  window,
  pace: z.object({
    tokens: z.number(),
    ahead: z.number(),
    at: z.number(),
    openedAt: z.number(),
    limit: z.number(),
  }),
  permits: z.record(z.string(), z.record(z.string(), z.number())),
});

export const serialize = (state: SharedState): string => JSON.stringify(state);

/** @throws where the text is none of ours: the store's prefix is used by something else */
export const deserialize = (text: string): SharedState => shape.parse(JSON.parse(text));
