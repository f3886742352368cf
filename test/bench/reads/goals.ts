import { median } from '../live/report.ts';
import type { FieldsCost } from './check.ts';
import type { Round } from './measure.ts';
import type { Office } from './office.ts';
import { peerNames, type ServerName, type TargetName } from './stage.ts';
import type { WorkloadName } from './workloads.ts';

export type Rounds = ReadonlyMap<TargetName, readonly Round[]>;

/** All that was measured in one run. */
export interface Results {
  readonly loads: ReadonlyMap<WorkloadName, Rounds>;
  readonly offices: readonly (readonly [ServerName, Office])[];
  readonly fields: ReadonlyMap<ServerName, FieldsCost>;
}

/** One thing that the gateway is to reach, and what was measured of it. */
export interface Goal {
  readonly text: string;
  readonly met: boolean;
  readonly figures: string;
}

/** The median over the rounds; null where one of them does not know it. */
export function middle(
  rounds: readonly Round[] | undefined,
  figure: (round: Round) => number | null,
): number | null {
  const values = (rounds ?? []).map(figure);
  const known = values.filter((value) => value !== null);
  return known.length === 0 || known.length < values.length ? null : median(known);
}

const perSecond = ({ perSecond: rate }: Round): number => rate;
const cpu = ({ cpuMs }: Round): number | null => cpuMs;
const count = (value: number): string => Math.round(value).toLocaleString('en-US');
const ratio = (value: number): string => value.toFixed(2);

const officeGoalAgents = 500;
const goals = {
  perCall: 20,
  staleMs: 1000,
  p99Ms: 500,
  ofCeiling: 0.5,
  cpuOfMercurius: 2.5,
  aboveRawMs: 1,
  fieldsFirst: 2,
  fieldsAgain: 1,
} as const;

const hot: readonly (readonly [WorkloadName, string])[] = [
  ['ticket', 'one ticket'],
  ['list', '25 tickets'],
  ['fields', '100 tickets with custom fields'],
  ['mix', '90 % tickets, 10 % lists'],
];

/** What was not measured is no goal of this run. */
export const goalsOf = (results: Results): readonly Goal[] => [
  ...officeGoals(results),
  ...hot.flatMap(([name, title]) => hotGoals(title, results.loads.get(name))),
  ...coldGoals(results),
  ...fieldsGoals(results),
];

function officeGoals({ offices }: Results): Goal[] {
  const office = offices.find(([name, { agents }]) => name === 'gateway' && agents === officeGoalAgents)?.[1];
  if (!office) return [];
  const { due, answered, failures, refused, stalest, calls, p99 } = office;
  const perCall = answered / Math.max(1, calls);
  const goal = (text: string, met: boolean, figures: string): Goal => ({
    text: `office of ${officeGoalAgents}: ${text}`,
    met,
    figures,
  });
  return [
    goal(
      'every operation answered, none failed',
      failures.length === 0 && answered === due,
      `${count(answered)} of ${count(due)}, ${count(failures.length)} failed`,
    ),
    goal('no 429', refused === 0, String(refused)),
    goal(
      'no answer staler than 1 s after its webhook',
      stalest !== null && stalest <= goals.staleMs,
      stalest === null ? 'no answer' : `${count(stalest)} ms`,
    ),
    goal(
      'at least 20 operations for each REST call',
      perCall >= goals.perCall,
      `${perCall.toFixed(1)} (${calls} calls)`,
    ),
    goal(
      'p99 under 500 ms',
      p99 !== null && p99 < goals.p99Ms,
      p99 === null ? 'no answer' : `${count(p99)} ms`,
    ),
  ];
}

function hotGoals(title: string, rounds: Rounds | undefined): Goal[] {
  const own = middle(rounds?.get('gateway'), perSecond);
  if (own === null) return [];
  const ceiling = middle(rounds?.get('bare'), perSecond);
  const [ownCpu, ceilingCpu] = [middle(rounds?.get('gateway'), cpu), middle(rounds?.get('bare'), cpu)];
  const peer = bestPeer(rounds, peerNames);
  const found: Goal[] = [];
  if (ceiling !== null && ownCpu !== null && ceilingCpu !== null)
    found.push({
      text: `hot, ${title}: at least half of bare node:http`,
      met: own / ceiling >= goals.ofCeiling,
      figures: `${ratio(own / ceiling)} of its operations/s (${count(own)} of ${count(ceiling)}), ${ratio(ownCpu / ceilingCpu)} times its CPU`,
    });
  if (peer !== null)
    found.push({
      text: `hot, ${title}: ahead of every peer`,
      met: own > peer,
      figures: `${ratio(own / peer)} times the best peer’s ${count(peer)}/s`,
    });
  return found;
}

const bestPeer = (rounds: Rounds | undefined, names: readonly ServerName[]): number | null => {
  const rates = names.flatMap((name) => middle(rounds?.get(name), perSecond) ?? []);
  return rates.length === 0 ? null : Math.max(...rates);
};

function coldGoals({ loads }: Results): Goal[] {
  const [cold, calm] = [loads.get('cold'), loads.get('calm')];
  const found: Goal[] = [];
  const own = middle(cold?.get('gateway'), perSecond);
  const others = bestPeer(
    cold,
    peerNames.filter((name) => name !== 'mercurius'),
  );
  if (own !== null && others !== null)
    found.push({
      text: 'cold, one ticket: ahead of every peer but Mercurius',
      met: own > others,
      figures: `${count(own)}/s, the best of the others ${count(others)}/s`,
    });
  const [ownCpu, mercuriusCpu] = [middle(cold?.get('gateway'), cpu), middle(cold?.get('mercurius'), cpu)];
  if (ownCpu !== null && mercuriusCpu !== null)
    found.push({
      text: 'cold, one ticket: within 2.5 times the CPU of Mercurius',
      met: ownCpu / mercuriusCpu <= goals.cpuOfMercurius,
      figures: `${ratio(ownCpu / mercuriusCpu)} times (${count(ownCpu)} µs and ${count(mercuriusCpu)} µs)`,
    });
  const [ownP50, rawP50] = [
    middle(calm?.get('gateway'), (r) => r.p50),
    middle(calm?.get('raw'), (r) => r.p50),
  ];
  if (ownP50 !== null && rawP50 !== null)
    found.push({
      text: 'cold, one ticket: p50 at most 1 ms over the raw REST call',
      met: ownP50 - rawP50 <= goals.aboveRawMs,
      figures: `${(ownP50 - rawP50).toFixed(2)} ms over ${rawP50.toFixed(2)} ms`,
    });
  return found;
}

function fieldsGoals({ fields }: Results): Goal[] {
  const cost = fields.get('gateway');
  if (!cost) return [];
  return [
    {
      text: 'custom fields: 2 REST calls the first time, 1 or 0 afterwards',
      met: cost.first <= goals.fieldsFirst && cost.again <= goals.fieldsAgain,
      figures: `${cost.first}, then ${cost.again}`,
    },
  ];
}
