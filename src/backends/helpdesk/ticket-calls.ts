import type * as z from 'zod';
import type { Clock } from '../../domain/clock.ts';
import type { Ticket, TicketPatch } from '../../domain/ticket.ts';
import { endpoints } from './endpoints.ts';
import type { Rest } from './http.ts';
import { fromTicketPatch, toTicket } from './mapping.ts';
import type { Recheck } from './send.ts';
import { answers } from './wire.ts';

/** The answer that carries one ticket. */
export type TicketAnswer = z.output<typeof answers.ticket>;

/** @param beforeWrite it is the first step of a write */
export async function readTicket(rest: Rest, clock: Clock, id: string, beforeWrite = false): Promise<Ticket> {
  return ticketOf(await askForTicket(rest, id, beforeWrite), clock);
}

/** As `readTicket`, as it came. */
export const askForTicket = (rest: Rest, id: string, beforeWrite = false): Promise<TicketAnswer> =>
  rest.request({ endpoint: endpoints.getTicket, ids: { id }, beforeWrite }, answers.ticket);

/** Sends the patch as it is. @param recheck where it must not be repeated blindly */
export async function putTicket(
  rest: Rest,
  clock: Clock,
  id: string,
  patch: TicketPatch,
  recheck?: Recheck<TicketAnswer>,
): Promise<Ticket> {
  const call = { endpoint: endpoints.updateTicket, ids: { id }, body: { ticket: fromTicketPatch(patch) } };
  return ticketOf(await rest.request(call, answers.ticket, recheck), clock);
}

/** The ticket of an answer that came just now. */
export const ticketOf = ({ ticket }: TicketAnswer, clock: Clock): Ticket =>
  toTicket(ticket, new Date(clock.now()).toISOString());
