import { ticketDelivery } from '../support/delivery.ts';

/** What a helpdesk wants to tell, whatever becomes of it on the way. */
export interface Delivery {
  /** `webhook-id` */
  readonly id: string;
  readonly body: ReturnType<typeof ticketDelivery>;
}

export interface StormOptions {
  readonly deliveries: number;
  readonly tickets: number;
  /** How far a delivery may be from its place; 0: in order. */
  readonly disorder: number;
  readonly random: () => number;
}

const statuses = ['new', 'open', 'pending', 'resolved'];
const priorities = ['low', 'normal', 'high', 'urgent'];
const agents = [null, 'usr_1', 'usr_2', 'usr_3'];

/** The n-th ticket's id. */
export const ticketIdOf = (index: number): string => `tkt_storm${index}`;

/**
 * What happens to some tickets, as deliveries in the order they are first sent: not quite that in which things happened.
 * No two changes have one `updatedAt`, so that nothing has to be asked to put them in order.
 */
export function createStorm({ deliveries, tickets, disorder, random }: StormOptions): readonly Delivery[] {
  const pick = <T>(values: readonly T[]): T | undefined => values[Math.floor(random() * values.length)];
  const begin = Date.now() - deliveries - 60_000;
  const seen = new Set<number>();
  const happened: Delivery[] = [];
  const add = (type: string, ticket: Readonly<Record<string, unknown>>): void => {
    happened.push({ id: `msg_${happened.length}`, body: ticketDelivery(type, ticket) });
  };
  for (let change = 0; happened.length < deliveries; change += 1) {
    const index = Math.floor(random() * tickets);
    const status = pick(statuses);
    const ticket = {
      id: ticketIdOf(index),
      subject: `Change ${change}`,
      status,
      priority: pick(priorities),
      assigneeId: pick(agents),
      updatedAt: new Date(begin + change).toISOString(),
    };
    add(seen.has(index) ? 'ticket.updated' : 'ticket.created', ticket);
    // One change, told twice.
    if (status === 'resolved' && seen.has(index)) add('ticket.resolved', ticket);
    seen.add(index);
  }
  return happened
    .slice(0, deliveries)
    .map((delivery, place) => ({ delivery, place: place + random() * disorder }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ delivery }) => delivery);
}

/** Numbers from 0 to 1, the same ones for one seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
