import type { TicketRow } from '../../../src/sandbox/rows.ts';
import { rowsOf, type View } from './operations.ts';

/** One state of a ticket, from the moment on from which nobody need show an older one. */
export interface Version {
  readonly row: TicketRow;
  /**
   * When its webhook was sent that the gateway took; where nobody listens, when it was made. Milliseconds since the
   * epoch; Infinity: no webhook of it was taken.
   */
  readonly knownAt: number;
}

/** What the helpdesk had at first, and what became of it, in that order. */
export interface History {
  readonly initial: readonly TicketRow[];
  readonly versions: readonly Version[];
}

/** The tickets of one answer. */
export interface Sight {
  /** When the answer was there. Milliseconds since the epoch. */
  readonly at: number;
  /** The list that it is; null: it is one ticket. */
  readonly view: View | null;
  /** Ids with their `updatedAt`, in order. */
  readonly shown: readonly (readonly [id: string, updatedAt: string])[];
}

export interface Staleness {
  /** Milliseconds, of each answer: how long something newer had been known than what it shows; 0: nothing had. */
  readonly ages: readonly number[];
  /** Lists whose tickets never were all of them, and in this order. */
  readonly neverSo: number;
}

/** Rows of a list, as the office asks for it. */
const rows = 25;

/**
 * How far behind each answer was. A ticket is behind when a newer state of it is known, a list also when a ticket that is
 * known to belong there is missing, or one that does not is there, or stands elsewhere.
 */
export function stalenessOf(history: History, sights: readonly Sight[]): Staleness {
  const ticketAge = ticketAges(history);
  const listAge = listAges(history);
  let neverSo = 0;
  const ages = sights.map((sight) => {
    const age = sight.view === null ? 0 : listAge(sight.view, sight);
    if (age === null) neverSo += 1;
    return Math.max(age ?? 0, ticketAge(sight));
  });
  return { ages, neverSo };
}

function ticketAges({ versions }: History): (sight: Sight) => number {
  const byTicket = Map.groupBy(versions, ({ row }) => row.id);
  return ({ at, shown }) =>
    Math.max(
      0,
      ...shown.flatMap(([id, updatedAt]) => {
        const newer = byTicket.get(id)?.find(({ row }) => row.updatedAt > updatedAt);
        return newer && newer.knownAt < at ? [at - newer.knownAt] : [];
      }),
    );
}

interface State {
  readonly text: string;
  /** When it is known to be over; Infinity: it lasts. */
  readonly to: number;
}

const textOf = (shown: Sight['shown']): string => shown.map((pair) => pair.join(' ')).join('\n');

/** @returns null where the list never was so */
function listAges(history: History): (view: View, sight: Sight) => number | null {
  const timelines = new Map<string, readonly State[]>();
  return (view, { at, shown }) => {
    const key = JSON.stringify(view);
    const states = timelines.get(key) ?? timeline(view, history);
    timelines.set(key, states);
    const text = textOf(shown);
    const ages = states.filter((state) => state.text === text).map(({ to }) => Math.max(0, at - to));
    return ages.length === 0 ? null : Math.min(...ages);
  };
}

/** Everything that a list has shown, and until when that was right. */
function timeline(view: View, { initial, versions }: History): State[] {
  const tickets = new Map(initial.map((row) => [row.id, row]));
  const shownNow = (): string => {
    const operation = { kind: 'LIST', rows, view, definitions: false } as const;
    const page = rowsOf(operation, { tickets: [...tickets.values()] });
    return textOf(page.rows.map(({ id, updatedAt }) => [id, updatedAt] as const));
  };
  const states: State[] = [];
  let text = shownNow();
  for (const { row, knownAt } of versions) {
    tickets.set(row.id, row);
    const next = shownNow();
    if (next === text) continue;
    states.push({ text, to: knownAt });
    text = next;
  }
  return [...states, { text, to: Infinity }];
}
