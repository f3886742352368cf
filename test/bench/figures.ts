import type { Outcome } from './load.ts';

/** The least of the values that `percent` of them do not exceed; null: there are none. */
export function percentile(values: readonly number[], percent: number): number | null {
  const ordered = values.toSorted((a, b) => a - b);
  return ordered[Math.max(0, Math.ceil((percent / 100) * ordered.length) - 1)] ?? null;
}

/** How often each text comes, the most frequent first: `A 12, B 3`. */
export function tally(texts: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  const ordered = [...counts].toSorted(([, a], [, b]) => b - a);
  return ordered.map(([text, count]) => `${text} ${count}`).join(', ') || 'none';
}

const round = (value: number | null): string => (value === null ? '-' : String(Math.round(value)));

/** `p50 12 ms, p99 345 ms` */
export const spread = (values: readonly number[]): string =>
  `p50 ${round(percentile(values, 50))} ms, p99 ${round(percentile(values, 99))} ms`;

/** How many of its operations each client got answered: `least 1, median 4, most 5`. */
export function shares(outcomes: readonly Outcome[], clients: number): string {
  const answered = Array<number>(clients).fill(0);
  for (const { client, code } of outcomes) if (code === null) answered[client] = (answered[client] ?? 0) + 1;
  const [least, median, most] = [0, 50, 100].map((percent) => percentile(answered, percent));
  return `least ${round(least ?? null)}, median ${round(median ?? null)}, most ${round(most ?? null)}`;
}

export const percent = (part: number): string => `${(part * 100).toFixed(1)} %`;
