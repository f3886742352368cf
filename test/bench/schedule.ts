/** One operation that a client is to send. */
export interface Due<Kind extends string = ClientKind> {
  readonly client: number;
  readonly kind: Kind;
  /** Milliseconds after the beginning. */
  readonly dueMs: number;
}

/** What each client does, and how often; `cycleMs` is a multiple of it. */
export interface Habit<Kind extends string> {
  readonly kind: Kind;
  readonly everyMs: number;
}

const cycleMs = 10_000;

export type ClientKind = 'LIST' | 'CREATE';

/** A poll every 5 s, a new ticket every 10 s. */
export const clientHabits: readonly Habit<ClientKind>[] = [
  { kind: 'LIST', everyMs: 5_000 },
  { kind: 'CREATE', everyMs: 10_000 },
];

/** Operations of all clients in the order they are due, without end. Each client begins at a moment of its own. */
export function* schedule<Kind extends string>(
  clients: number,
  seed: number,
  habits: readonly Habit<Kind>[],
): Generator<Due<Kind>, never> {
  const random = createRandom(seed);
  const cycle: Due<Kind>[] = [];
  for (let client = 0; client < clients; client += 1) {
    for (const { kind, everyMs } of habits) {
      const beginsMs = Math.floor(random() * everyMs);
      for (let dueMs = beginsMs; dueMs < cycleMs; dueMs += everyMs) cycle.push({ client, kind, dueMs });
    }
  }
  cycle.sort((a, b) => a.dueMs - b.dueMs);
  for (let beganMs = 0; ; beganMs += cycleMs) {
    for (const due of cycle) yield { ...due, dueMs: beganMs + due.dueMs };
  }
}

/** Numbers from 0 up to 1, the same for the same seed: a multiplicative congruential generator (modulus 2^31 - 1). */
export function createRandom(seed: number): () => number {
  const modulus = 2_147_483_647;
  let state = (Math.abs(Math.trunc(seed)) % (modulus - 1)) + 1;
  return () => {
    state = (state * 48_271) % modulus;
    return (state - 1) / (modulus - 1);
  };
}
