/** Tenths of a millisecond told apart, up to 120 s; what took longer counts as that long. */
const bucketMicros = 100;
const buckets = 1_200_000;

/** Delays of millions of frames, in room that does not grow. */
export interface Delays {
  readonly counts: Uint32Array;
  add(micros: number): void;
}

export function createDelays(): Delays {
  const counts = new Uint32Array(buckets);
  return {
    counts,
    add: (micros) => {
      const bucket = Math.min(buckets - 1, Math.max(0, Math.floor(micros / bucketMicros)));
      counts[bucket] = (counts[bucket] ?? 0) + 1;
    },
  };
}

/** Milliseconds that `percent` of the delays do not exceed, to a tenth; null: there are none. */
export function delayAt({ counts }: Pick<Delays, 'counts'>, percent: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const rank = Math.max(1, Math.ceil((percent / 100) * total));
  let passed = 0;
  const bucket = counts.findIndex((count) => (passed += count) >= rank);
  return ((bucket + 1) * bucketMicros) / 1000;
}
