import { percent } from '../figures.ts';
import { grid } from '../grid.ts';
import type { Run } from './run.ts';
import type { TargetName } from './targets.ts';

/** What the rounds of one target come to; null: it failed, and why has been said. */
export type Results = ReadonlyMap<TargetName, readonly Run[]>;

/** The middle one; of an even number, the lower of the two in the middle. */
export function median(values: readonly number[]): number | null {
  const ordered = values.toSorted((a, b) => a - b);
  return ordered[Math.ceil(ordered.length / 2) - 1] ?? null;
}

/** The median of what is known; null as soon as a round does not know it. */
const middle = (runs: readonly Run[], figure: (run: Run) => number | null): number | null => {
  const values = runs.map(figure);
  return values.includes(null) ? null : median(values.filter((value) => value !== null));
};

const whole = (value: number | null): string =>
  value === null ? '-' : Math.round(value).toLocaleString('en-US');
const ms = (value: number | null): string =>
  value === null ? '-' : value >= 10_000 ? `${(value / 1000).toFixed(1)} s` : `${whole(value)} ms`;
const kib = (value: number | null): string => (value === null ? '-' : (value / 1024).toFixed(1));

/** Rows of figures, a column for each target. */
export function table(results: Results): string[] {
  const names = [...results.keys()];
  const columns = names.map((name) => results.get(name) ?? []);
  const row = (title: string, cell: (runs: readonly Run[]) => string): readonly string[] => [
    title,
    ...columns.map((runs) => (runs.length === 0 ? 'failed' : cell(runs))),
  ];
  const total = (runs: readonly Run[], figure: (run: Run) => number): number =>
    runs.reduce((sum, run) => sum + figure(run), 0);
  const rows = [
    ['', ...names],
    row('delivered', (runs) => percent(total(runs, (r) => r.delivered) / total(runs, (r) => r.expected))),
    row(
      '  of expected, a run',
      (runs) => `${whole(middle(runs, (r) => r.delivered))} of ${whole(middle(runs, (r) => r.expected))}`,
    ),
    row('repeated', (runs) => whole(total(runs, (r) => r.repeated))),
    row('to subscribers who did not ask', (runs) => whole(total(runs, (r) => r.unasked))),
    row('StreamGaps', (runs) => whole(total(runs, (r) => r.gaps))),
    row('subscriptions that ended', (runs) => whole(total(runs, (r) => r.ended))),
    row('frames/s', (runs) => whole(middle(runs, (r) => r.framesPerSecond))),
    row('delay p50', (runs) => ms(middle(runs, (r) => r.p50))),
    row('delay p99', (runs) => ms(middle(runs, (r) => r.p99))),
    row('drained after the last webhook', (runs) => {
      const drained = middle(runs, (r) => r.drained);
      return drained === null ? 'not in time' : ms(drained);
    }),
    row(
      'webhooks taken / sent',
      (runs) => `${total(runs, (r) => r.webhooks.taken)} / ${total(runs, (r) => r.webhooks.sent)}`,
    ),
    row('sender waits p50', (runs) => ms(middle(runs, (r) => r.webhooks.p50))),
    row('sender waits p99', (runs) => ms(middle(runs, (r) => r.webhooks.p99))),
    row('KiB an idle subscriber (RSS)', (runs) => kib(middle(runs, (r) => r.idle.rss))),
    row('KiB an idle subscriber (heap)', (runs) => kib(middle(runs, (r) => r.idle.heap))),
    row('CPU of the server', (runs) => `${((middle(runs, (r) => r.cpuMs) ?? 0) / 1000).toFixed(1)} s`),
    row('  for each frame', (runs) => {
      const each = middle(runs, (r) => (r.delivered === 0 ? null : (r.cpuMs * 1000) / r.delivered));
      return each === null ? '-' : `${each.toFixed(1)} µs`;
    }),
    row('subscribers took of a core', (runs) => percent(middle(runs, (r) => r.subscribersCpu) ?? 0)),
  ];
  return grid(rows);
}

/** How the gateway stands to the best of the others; null: there is nothing to compare. */
export function comparison(results: Results): string | null {
  const own = results.get('gateway') ?? [];
  const others = [...results].filter(([name, runs]) => name !== 'gateway' && runs.length > 0);
  if (own.length === 0 || others.length === 0) return null;
  const rate = (runs: readonly Run[]): number => middle(runs, (run) => run.framesPerSecond) ?? 0;
  const cost = (runs: readonly Run[]): number =>
    middle(runs, (run) => (run.delivered === 0 ? Infinity : run.cpuMs / run.delivered)) ?? Infinity;
  const bestRate = Math.max(...others.map(([, runs]) => rate(runs)));
  const bestCost = Math.min(...others.map(([, runs]) => cost(runs)));
  return `the gateway against the best peer: ${(rate(own) / bestRate).toFixed(2)} times its frames/s, ${(cost(own) / bestCost).toFixed(2)} times its CPU for each frame`;
}
