/**
 * Who goes next. Three classes, a person's write before a person's read before the gateway's own work; inside a class
 * clients take turns (`lane.ts`). No class starves: one that waits is passed over by those above it at most
 * `MOST_PASSED_OVER` times in a row, then gets one turn, so that under the heaviest load background work keeps
 * a twentieth of the calls.
 */
import type { CallPriority } from '../domain/operation.ts';
import { createLane, type Lane, type Place } from './lane.ts';

/** How often in a row a class that waits is passed over. */
const MOST_PASSED_OVER = 19;

/** The most urgent class first. */
export const order = ['MUTATION', 'QUERY', 'BACKGROUND'] as const satisfies readonly CallPriority[];

export interface Queue<T> {
  size(): number;
  /** Lets a call wait. */
  add(request: QueuedRequest, payload: T): Place<T>;
  /** Takes out a call that nobody waits for any more. */
  remove(place: Place<T>): void;
  /** Whether a call of this class waits. */
  waits(priority: CallPriority): boolean;
  /**
   * Takes out the call whose turn it is.
   * @param entitled the most urgent class that waits and may send now
   */
  shift(entitled: CallPriority): T | null;
  /** How many calls that wait now would be sent before a new one of this class and client, at most. */
  ahead(priority: CallPriority, client: string): number;
  /** The earliest deadline of a class; Infinity: none of its calls waits. */
  earliestDeadline(priority: CallPriority): number;
  /** Takes out one call of a class whose deadline is before `moment`; null: there is none. */
  shiftExpired(priority: CallPriority, moment: number): T | null;
}

export interface QueuedRequest {
  readonly priority: CallPriority;
  readonly client: string;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
}

export function createQueue<T>(): Queue<T> {
  const lanes: Readonly<Record<CallPriority, Lane<T>>> = {
    MUTATION: createLane(),
    QUERY: createLane(),
    BACKGROUND: createLane(),
  };
  const passedOver: Record<CallPriority, number> = { MUTATION: 0, QUERY: 0, BACKGROUND: 0 };

  /** Who gets the turn that `entitled` has: itself, or a class below that was passed over too often. */
  function turnOf(entitled: CallPriority): CallPriority {
    let taker = entitled;
    for (let below = order.indexOf(entitled) + 1; below < order.length; below += 1) {
      const priority = order[below] ?? entitled;
      if (lanes[priority].size() === 0) continue;
      if (passedOver[priority] >= MOST_PASSED_OVER) taker = priority;
      else passedOver[priority] += 1;
    }
    passedOver[taker] = 0;
    return taker;
  }

  return {
    size: () => lanes.MUTATION.size() + lanes.QUERY.size() + lanes.BACKGROUND.size(),
    add({ priority, client, deadline }, payload) {
      const lane = lanes[priority];
      if (lane.size() === 0) passedOver[priority] = 0;
      return lane.add(priority, client, deadline, payload);
    },
    remove: (place) => {
      lanes[place.priority].remove(place);
    },
    waits: (priority) => lanes[priority].size() > 0,
    shift(entitled) {
      return lanes[turnOf(entitled)].shift()?.payload ?? null;
    },
    ahead(priority, client) {
      let ahead = lanes[priority].ahead(client);
      const most = (ahead + 1) * (MOST_PASSED_OVER + 1) - 1;
      for (const higher of order) {
        if (higher === priority) break;
        ahead += lanes[higher].size();
      }
      return Math.min(ahead, most);
    },
    earliestDeadline: (priority) => lanes[priority].earliestDeadline(),
    shiftExpired: (priority, moment) => lanes[priority].shiftExpired(moment)?.payload ?? null,
  };
}
