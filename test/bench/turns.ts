import type { CallPriority } from '../../src/domain/operation.ts';

/** What became of one call that asked the limiter to be sent. */
export interface Turn {
  readonly client: string;
  readonly priority: CallPriority;
  /** Its place in the order of all askings and leavings. */
  readonly asked: number;
  /** Likewise; null: it waits still. */
  readonly left: number | null;
  /** SENT: it got its permit. DEADLINE, QUEUE_FULL: refused. LEFT: its client had gone. */
  readonly fate: 'WAITING' | 'SENT' | 'DEADLINE' | 'QUEUE_FULL' | 'LEFT';
  /** Milliseconds since the epoch. */
  readonly askedAt: number;
  readonly leftAt: number | null;
}

export interface Fairness {
  /** Calls that had to wait and of which is known how they fared. */
  readonly waited: number;
  /** The most calls of one other client that were sent while one waited, not counting one for each own call sent meanwhile. */
  readonly mostBehindOneClient: number;
  /** Calls that waited behind more than one call of another client. */
  readonly passedOver: number;
}

interface Sent {
  readonly at: number;
  readonly client: string;
}

/**
 * Nobody waits behind more than one call of each other client: between a call's asking and its leaving at most one
 * call of each other client and of the same class is sent. Where calls of its own client are sent meanwhile, which
 * came before it, each of them allows the others one more.
 */
export function fairnessOf(turns: readonly Turn[], from: number, to: number): Fairness {
  let [waited, mostBehindOneClient, passedOver] = [0, 0, 0];
  for (const priority of new Set(turns.map((turn) => turn.priority))) {
    const ofClass = turns.filter((turn) => turn.priority === priority);
    const sent = ofClass
      .flatMap(({ left, fate, client }): Sent[] =>
        left !== null && fate === 'SENT' ? [{ at: left, client }] : [],
      )
      .toSorted((a, b) => a.at - b.at);
    for (const turn of ofClass) {
      if (turn.askedAt < from || turn.askedAt >= to || turn.left === null) continue;
      const meanwhile = between(sent, turn.asked, turn.left);
      if (meanwhile.length > 0) waited += 1;
      const most = mostOfOneOther(meanwhile, turn.client);
      mostBehindOneClient = Math.max(mostBehindOneClient, most);
      if (most > 1) passedOver += 1;
    }
  }
  return { waited, mostBehindOneClient, passedOver };
}

/** @param sent ordered by `at` */
function between(sent: readonly Sent[], from: number, to: number): readonly Sent[] {
  const first = sent.findIndex(({ at }) => at > from);
  if (first < 0) return [];
  const members: Sent[] = [];
  for (const call of sent.slice(first)) {
    if (call.at >= to) break;
    members.push(call);
  }
  return members;
}

function mostOfOneOther(sent: readonly Sent[], client: string): number {
  const counts = new Map<string, number>();
  for (const call of sent) counts.set(call.client, (counts.get(call.client) ?? 0) + 1);
  const own = counts.get(client) ?? 0;
  counts.delete(client);
  return Math.max(0, ...[...counts.values()].map((count) => count - own));
}
