import { join } from 'node:path';
import { z } from 'zod';
import { systemClock, type Clock } from '../domain/clock.ts';
import { createJsonFile, type JsonFile } from './json-file.ts';
import type { StateStore } from './state-store.ts';

/** Names with what they stand for. Not an object: a name may be any text, `__proto__` too. */
const entriesOf = <T>(value: z.ZodType<T>) => z.array(z.tuple([z.string(), value]));

const stateSchema = z.object({ version: z.literal(1), values: entriesOf(z.string()) });
const leasesSchema = entriesOf(
  z.object({
    holder: z.string(),
    /** When it was taken or prolonged, and when it runs out; milliseconds since the epoch. */
    from: z.number(),
    until: z.number(),
  }),
);

/** Milliseconds a clock may be set back without its leases counting as run out. */
const aheadMs = 10_000;
/** Milliseconds a call for a lease waits for the file at most: who asks does not wait much longer for its answer. */
const leasePatienceMs = 1_000;

type State = z.infer<typeof stateSchema>;
type Leases = z.infer<typeof leasesSchema>;

export interface FileStateOptions {
  /** Made when it is first written to, for its owner alone. */
  readonly folder: string;
  /** @default the machine's */
  readonly clock?: Pick<Clock, 'now'>;
}

/**
 * In `state.json` of a folder, which its owner alone may read: secrets are in it. Several processes of one machine may
 * use it at once. Leases lie beside it in `leases.json`, for they change often and mean nothing after a loss of power.
 * What concerns values rejects with `DamagedFileError` while `state.json` is not what was written there.
 */
export function createFileState({ folder, clock = systemClock }: FileStateOptions): StateStore {
  const state = createJsonFile<State>({
    path: join(folder, 'state.json'),
    schema: stateSchema,
    empty: { version: 1, values: [] },
    keeping: 'DURABLE',
  });
  const leases = createJsonFile<Leases>({
    path: join(folder, 'leases.json'),
    schema: leasesSchema,
    empty: [],
    keeping: 'FLEETING',
  });
  return {
    get: async (name) => find(state.read().values, name) ?? null,
    set: async (name, value) => {
      await state.change((before) => ({
        value: { ...before, values: [...without(before.values, name), [name, value]] },
        result: null,
      }));
    },
    swap: (name, expected, value) =>
      state.change((before) => {
        if ((find(before.values, name) ?? null) !== expected) return { value: before, result: false };
        return {
          value: { ...before, values: [...without(before.values, name), [name, value]] },
          result: true,
        };
      }),
    delete: async (name) => {
      await state.change((before) => {
        const missing = find(before.values, name) === undefined;
        return {
          value: missing ? before : { ...before, values: without(before.values, name) },
          result: null,
        };
      });
    },
    lease: async (name, holder, ttlMs) => {
      // From before the call: waiting for the file counts.
      const from = clock.now();
      const wanted = { holder, from, until: from + ttlMs };
      return take(leases, clock, name, wanted, Math.min(leasePatienceMs, ttlMs / 12));
    },
    release: async (name, holder) => {
      await leases.change((before) => {
        const theirs = find(before, name)?.holder !== holder;
        return { value: theirs ? before : without(before, name), result: null };
      }, leasePatienceMs);
    },
    close: async () => {
      await Promise.all([state.idle(), leases.idle()]);
    },
  };
}

const take = (
  leases: JsonFile<Leases>,
  clock: Pick<Clock, 'now'>,
  name: string,
  wanted: Leases[number][1],
  patienceMs: number,
): Promise<boolean> =>
  leases.change((before) => {
    const now = clock.now();
    const lease = find(before, name);
    const taken = lease !== undefined && lease.holder !== wanted.holder && runs(lease, now);
    if (taken) return { value: before, result: false };
    const others = without(before, name).filter(([, other]) => runs(other, now));
    return { value: [...others, [name, wanted]], result: true };
  }, patienceMs);

/** One that was taken in the future is of a clock that was set back since: it would last as long as that was far. */
const runs = ({ from, until }: Leases[number][1], now: number): boolean =>
  now < until && from - now <= aheadMs;

type Entries<T> = [string, T][];

const find = <T>(entries: Entries<T>, name: string): T | undefined =>
  entries.find(([key]) => key === name)?.[1];

const without = <T>(entries: Entries<T>, name: string): Entries<T> => entries.filter(([key]) => key !== name);
