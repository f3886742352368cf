import type { CallPriority } from '../domain/operation.ts';
import { createDeadlines } from './deadlines.ts';
import { createLengthCounts } from './length-counts.ts';
import { createLinkedList, type LinkedList, type Links } from './linked-list.ts';

/** A call that waits; `payload` is whatever its owner needs to go on. */
export interface Place<T> extends Links<Place<T>> {
  readonly priority: CallPriority;
  readonly client: string;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  readonly payload: T;
  /** Whether it still waits. */
  waiting: boolean;
}

/** Calls of one client, in the order they came. */
interface Line<T> extends Links<Line<T>> {
  readonly client: string;
  readonly places: LinkedList<Place<T>>;
  length: number;
}

/**
 * The calls of one class that wait for their turn. Clients take turns: a client whose first call comes joins the end
 * of the ring, so exactly one call of each client that waits already is sent before it. Every operation costs
 * O(log n) or less.
 */
export interface Lane<T> {
  size(): number;
  add(priority: CallPriority, client: string, deadline: number, payload: T): Place<T>;
  /** Takes out the first call; its client goes to the end of the ring. */
  shift(): Place<T> | null;
  /** Takes out a call that nobody waits for any more; its client keeps its turn. */
  remove(place: Place<T>): void;
  /** How many calls that wait now would be sent before the next call of `client`, at most. */
  ahead(client: string): number;
  /** The earliest deadline; Infinity: nobody waits. */
  earliestDeadline(): number;
  /** Takes out one call whose deadline is before `moment`, the earliest first; null: there is none. */
  shiftExpired(moment: number): Place<T> | null;
}

export function createLane<T>(): Lane<T> {
  const lines = new Map<string, Line<T>>();
  const ring = createLinkedList<Line<T>>();
  const lengths = createLengthCounts();
  const deadlines = createDeadlines<Place<T>>();
  let size = 0;

  function lineOf(client: string): Line<T> {
    const known = lines.get(client);
    if (known !== undefined) return known;
    const line: Line<T> = { client, places: createLinkedList(), length: 0, next: null, previous: null };
    lines.set(client, line);
    ring.append(line);
    return line;
  }

  function remove(place: Place<T>): void {
    const line = lines.get(place.client);
    if (!place.waiting || line === undefined) return;
    place.waiting = false;
    line.places.remove(place);
    lengths.shrank(line.length);
    line.length -= 1;
    size -= 1;
    if (line.length === 0) {
      lines.delete(line.client);
      ring.remove(line);
    }
    deadlines.left(size);
  }

  return {
    size: () => size,
    add(priority, client, deadline, payload) {
      const line = lineOf(client);
      const place: Place<T> = {
        priority,
        client,
        deadline,
        payload,
        waiting: true,
        next: null,
        previous: null,
      };
      line.places.append(place);
      line.length += 1;
      lengths.grew(line.length);
      size += 1;
      deadlines.add(place);
      return place;
    },
    shift: () => shifted(ring, remove),
    remove,
    ahead: (client) => lengths.sumUpTo((lines.get(client)?.length ?? 0) + 1),
    earliestDeadline: () => deadlines.first()?.deadline ?? Infinity,
    shiftExpired(moment) {
      const place = deadlines.first();
      if (place === undefined || place.deadline >= moment) return null;
      remove(place);
      return place;
    },
  };
}

/** Takes out the first call of the first line, which then goes to the end of the ring. */
function shifted<T>(ring: LinkedList<Line<T>>, remove: (place: Place<T>) => void): Place<T> | null {
  const line = ring.first();
  const place = line?.places.first() ?? null;
  if (line === null || place === null) return null;
  remove(place);
  if (line.length > 0) {
    ring.remove(line);
    ring.append(line);
  }
  return place;
}
