/** One operation that a client is to send. */
export interface Due {
  readonly client: number;
  readonly kind: 'LIST' | 'CREATE';
  /** Milliseconds after the beginning. */
  readonly dueMs: number;
}

const cycleMs = 10_000;

/** What each client does in one cycle: a poll every 5 s, a ticket every 10 s. */
const kinds = [
  { kind: 'LIST', everyMs: 5_000 },
  { kind: 'CREATE', everyMs: 10_000 },
] as const satisfies readonly { readonly kind: Due['kind']; readonly everyMs: number }[];

/** Operations of all clients in the order they are due, without end. Each client begins at a moment of its own. */
export function* schedule(clients: number, seed: number): Generator<Due, never> {
  const random = createRandom(seed);
  const cycle: Due[] = [];
  for (let client = 0; client < clients; client += 1) {
    for (const { kind, everyMs } of kinds) {
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
function createRandom(seed: number): () => number {
  const modulus = 2_147_483_647;
  let state = (Math.abs(Math.trunc(seed)) % (modulus - 1)) + 1;
  return () => {
    state = (state * 48_271) % modulus;
    return (state - 1) / (modulus - 1);
  };
}
