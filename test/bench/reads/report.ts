import { percent, tally } from '../figures.ts';
import { grid } from '../grid.ts';
import type { FieldsCost } from './check.ts';
import { middle, type Goal, type Rounds } from './goals.ts';
import type { Round } from './measure.ts';
import type { Office } from './office.ts';
import { peerNames, type ServerName, type TargetName } from './stage.ts';

export const titles: Readonly<Record<TargetName, string>> = {
  gateway: 'gateway',
  storeless: 'gateway, no store',
  mercurius: 'Mercurius',
  yoga: 'Yoga',
  raw: 'REST (floor)',
  bare: 'node:http (ceiling)',
};

const whole = (value: number | null): string =>
  value === null ? '-' : Math.round(value).toLocaleString('en-US');
/** Three digits that say something. */
const fine = (value: number | null, unit = ''): string => {
  if (value === null) return '-';
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })}${unit}`;
};
const mebibytes = (bytes: number | null): string =>
  bytes === null ? '-' : `${whole(bytes / 1024 / 1024)} MiB`;
const part = (own: number | null, of: number | null): string =>
  own === null || of === null || of === 0 ? '-' : fine(own / of);

/** Medians of the rounds, a column for each target. */
export function loadTable(results: Rounds): string[] {
  const rate = (rounds: readonly Round[] | undefined) => middle(rounds, (round) => round.perSecond);
  const cost = (rounds: readonly Round[] | undefined) => middle(rounds, (round) => round.cpuMs);
  const peers = peerNames.map((name) => results.get(name)).filter((rounds) => rounds !== undefined);
  const best = peers.length === 0 ? null : Math.max(...peers.map((rounds) => rate(rounds) ?? 0));
  const ceiling = results.get('bare');
  const row = (title: string, cell: (rounds: readonly Round[]) => string): string[] => [
    title,
    ...[...results.values()].map((rounds) => (rounds.length === 0 ? 'failed' : cell(rounds))),
  ];
  const figure = (of: (round: Round) => number | null) => (rounds: readonly Round[]) => middle(rounds, of);
  const [p50, p99, rest] = [figure((r) => r.p50), figure((r) => r.p99), figure((r) => r.rest)];
  return grid([
    ['', ...[...results.keys()].map((name) => titles[name])],
    row('operations/s', (rounds) => whole(rate(rounds))),
    row('  of the ceiling', (rounds) => part(rate(rounds), rate(ceiling))),
    row('  of the best peer', (rounds) => part(rate(rounds), best)),
    row('p50', (rounds) => fine(p50(rounds), ' ms')),
    row('p99', (rounds) => fine(p99(rounds), ' ms')),
    row('REST calls an operation', (rounds) => fine(rest(rounds))),
    row('CPU for 1,000 operations', (rounds) => fine(cost(rounds), ' ms')),
    row('  times the ceiling', (rounds) => part(cost(rounds), cost(ceiling))),
    row('peak memory', (rounds) => mebibytes(middle(rounds, (r) => r.peak))),
    row('failed', (rounds) => whole(rounds.reduce((sum, round) => sum + round.failed, 0))),
    row('clients took of a core', (rounds) => {
      const share = middle(rounds, (r) => r.clients);
      return share === null ? 'are it' : percent(share);
    }),
  ]);
}

/** A column for each office. */
export function officeTable(offices: readonly (readonly [ServerName, Office])[]): string[] {
  const row = (title: string, cell: (office: Office) => string): string[] => [
    title,
    ...offices.map(([, office]) => cell(office)),
  ];
  const ms = (value: number | null): string => (value === null ? '-' : `${whole(value)} ms`);
  return grid([
    ['', ...offices.map(([name, { agents }]) => `${titles[name]}, ${agents}`)],
    row('operations due', ({ due }) => whole(due)),
    row('answered', ({ answered }) => whole(answered)),
    row('  of those due', ({ due, answered }) => percent(answered / Math.max(1, due))),
    row('failed', ({ failures }) => whole(failures.length)),
    row('REST calls', ({ calls }) => whole(calls)),
    row('429s', ({ refused }) => whole(refused)),
    row('operations a REST call', ({ answered, calls }) => fine(answered / Math.max(1, calls))),
    row('p50', ({ p50 }) => ms(p50)),
    row('p99', ({ p99 }) => ms(p99)),
    row('  of it for its turn, p99', ({ waitedP99 }) => ms(waitedP99)),
    row('a failure is told after, p50', ({ failedAfter }) => ms(failedAfter)),
    row('changes behind its back', ({ changes }) => whole(changes)),
    row('answers that were out of date', ({ stale }) => whole(stale)),
    row('  for how long, p99 of all', ({ stalenessP99 }) => ms(stalenessP99)),
    row('  at most', ({ stalest }) => ms(stalest)),
    row('lists that never were so', ({ neverSo }) => whole(neverSo)),
    row('CPU for 1,000 operations', ({ cpuMs }) => fine(cpuMs, ' ms')),
    row('peak memory', ({ peak }) => mebibytes(peak)),
    row('agents took of a core', ({ clients }) => percent(clients)),
    row('agents sent late by, p99', ({ late }) => ms(late)),
  ]);
}

/** Why operations of an office failed; null: none did. */
export const failuresLine = (name: ServerName, { agents, failures }: Office): string | null =>
  failures.length === 0 ? null : `${titles[name]}, ${agents}: failed with ${tally(failures)}`;

/** Clients that need more of a core than this are what is measured. */
const busy = 0.9;

/** What takes away from the worth of the figures. */
export function doubts(results: Rounds): string[] {
  return [...results].flatMap(([name, rounds]) => {
    const share = middle(rounds, (round) => round.clients);
    const failure = rounds.find((round) => round.failure !== null)?.failure;
    return [
      ...(share !== null && share > busy
        ? [`the clients were at their limit: ${titles[name]} could do more, go by its CPU`]
        : []),
      ...(failure == null ? [] : [`${titles[name]} answered wrongly: ${failure}`]),
    ];
  });
}

export const fieldsTable = (costs: ReadonlyMap<ServerName, FieldsCost>): string[] =>
  grid([
    ['', ...[...costs.keys()].map((name) => titles[name])],
    ['REST calls the first time', ...[...costs.values()].map(({ first }) => whole(first))],
    ['  again', ...[...costs.values()].map(({ again }) => whole(again))],
  ]);

export const goalLines = (goals: readonly Goal[]): string[] =>
  grid(goals.map(({ text, met, figures }) => [`${met ? 'met    ' : 'NOT MET'}  ${text}: ${figures}`]));
