import { ticketDelivery } from '../support/delivery.ts';
import { fromTape, type Choices } from './choices.ts';
import { json, text } from './values.ts';

/** Bodies of deliveries: tickets, whatever else is JSON, and what is none. */
export const deliveryBodies = fromTape(120, (choices): string | Uint8Array<ArrayBuffer> => {
  const kind = choices.next(10);
  if (kind === 0) return text(choices);
  if (kind === 1) return Uint8Array.from({ length: choices.next(60) }, () => choices.next(256));
  if (kind === 2) return `${'['.repeat(choices.next(3000))}${']'.repeat(choices.next(3000))}`;
  if (kind === 3) return JSON.stringify(json(choices, 4));
  const whole = JSON.stringify(delivery(choices));
  return choices.oneIn(6) ? whole.slice(0, choices.next(whole.length + 1)) : whole;
});

const types = ['ticket.created', 'ticket.updated', 'ticket.deleted', 'ticket.resolved'] as const;

function delivery(choices: Choices): unknown {
  const ticket: Record<string, unknown> = ticketDelivery('ticket.updated', {
    id: `tkt_${choices.next(20)}`,
    subject: 'A ticket',
    updatedAt: new Date(Date.UTC(2026, 0, 1) + choices.next(60_000)).toISOString(),
  }).data.ticket;
  const names = Object.keys(ticket);
  for (let changes = choices.next(4); changes > 0; changes -= 1) {
    const name = choices.oneIn(5) ? text(choices) : (names[choices.next(names.length)] ?? '');
    const value = json(choices, 3);
    // As JSON has it: `__proto__` too is a name like any other.
    Object.defineProperty(ticket, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return {
    type: choices.oneIn(8) ? text(choices) : choices.pick(types),
    ...(choices.oneIn(3) && { timestamp: text(choices) }),
    data: choices.oneIn(20) ? json(choices, 2) : { ticket },
  };
}
