import { createRandom } from '../schedule.ts';
import type { Operation, View } from './operations.ts';

/** A load that lasts: so many connections, each asking again as soon as it was answered. */
export interface Workload {
  readonly title: string;
  readonly connections: number;
  /** `hot`: what is asked for was asked before. `cold`: clients ask for fresh data, so each operation has to read. */
  readonly temperature: 'hot' | 'cold';
  /** Asked for in turn, over and over. @param ids of the helpdesk's tickets, the newest first */
  operations(ids: readonly string[]): readonly Operation[];
}

/** By a name as `--only` takes it. */
export const workloadNames = ['ticket', 'cold', 'calm', 'list', 'fields', 'mix'] as const;
export type WorkloadName = (typeof workloadNames)[number];

/** Tickets that the helpdesk has for them: so many that a cold read seldom meets the same one again. */
export const ticketsForThroughput = 20_000;
export const ticketsForChecks = 500;

/** Ids that are asked for by a Zipf law, here and in the office. */
export const zipfIds = 200;

const ticket = (id: string): Operation => ({ kind: 'TICKET', id });
const list = (rows: number, view: View = {}, definitions = false): Operation => ({
  kind: 'LIST',
  rows,
  view,
  definitions,
});

/** What the lists of a mixed load show. */
const mixedViews: readonly View[] = [
  {},
  { status: 'new' },
  { status: 'open' },
  { status: 'pending' },
  { priority: 'urgent' },
];

/** Operations of the mixed load before it repeats itself. */
const mixLength = 5000;

export const workloads: Readonly<Record<WorkloadName, Workload>> = {
  ticket: {
    title: 'one ticket, 8 fields, hot: the same one again and again',
    connections: 64,
    temperature: 'hot',
    operations: (ids) => ids.slice(0, 1).map(ticket),
  },
  cold: {
    title: 'one ticket, 8 fields, cold: another one each time, fresh',
    connections: 128,
    temperature: 'cold',
    operations: (ids) => ids.map(ticket),
  },
  calm: {
    title:
      'one ticket, 8 fields, cold, with 4 connections: what an answer takes when nobody else is in the way',
    connections: 4,
    temperature: 'cold',
    operations: (ids) => ids.map(ticket),
  },
  list: {
    title: '25 tickets, 8 fields, hot',
    connections: 64,
    temperature: 'hot',
    operations: () => [list(25)],
  },
  fields: {
    title: '100 tickets with custom fields and their definitions, hot',
    connections: 16,
    temperature: 'hot',
    operations: () => [list(100, {}, true)],
  },
  mix: {
    title: `90 % tickets by a Zipf law over ${zipfIds} ids, 10 % lists of 25, 64 connections`,
    connections: 64,
    temperature: 'hot',
    operations: (ids) => {
      const random = createRandom(1);
      const next = zipf(ids.slice(0, zipfIds), random);
      return Array.from({ length: mixLength }, (_, index) =>
        index % 10 === 9 ? list(25, mixedViews[Math.floor(random() * mixedViews.length)]) : ticket(next()),
      );
    },
  },
};

/** Picks the n-th of `ids` with a probability of 1/n: few are asked for often, many seldom. */
export function zipf(ids: readonly string[], random: () => number): () => string {
  let total = 0;
  const sums = ids.map((_, index) => (total += 1 / (index + 1)));
  return () => {
    const at = random() * total;
    return ids[sums.findIndex((sum) => sum > at)] ?? '';
  };
}
