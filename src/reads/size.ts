import type { Json } from '../domain/json.ts';
import type { Ticket } from '../domain/ticket.ts';

/**
 * Bytes that things take in V8's heap with pointers of eight bytes, roughly: a string takes one byte a
 * character as long as all of them are Latin, which is what is counted; texts in other scripts take twice that.
 */
const stringBytes = 20;
const ticketBytes = 520;
const fieldBytes = 48;
const slotBytes = 8;

const ofString = (text: string | null): number => (text === null ? 0 : stringBytes + text.length);

function ofJson(value: Json): number {
  if (typeof value === 'string') return ofString(value);
  if (typeof value !== 'object' || value === null) return slotBytes;
  return 64 + JSON.stringify(value).length * 2;
}

/** Bytes of a ticket with its entry, its places in the maps and the LRU; an estimate. */
export function sizeOfTicket(ticket: Ticket): number {
  let bytes = ticketBytes + ofString(ticket.id) + ofString(ticket.subject);
  bytes += ofString(ticket.assigneeId) + ofString(ticket.requesterEmail) + ofString(ticket.requesterName);
  bytes += ofString(ticket.createdAt) + ofString(ticket.updatedAt);
  for (const tag of ticket.tags) bytes += slotBytes + ofString(tag);
  for (const { fieldId, value } of ticket.customFields)
    bytes += fieldBytes + ofString(fieldId) + ofJson(value);
  return bytes;
}

/** Bytes of a page without its tickets; an estimate. */
export const sizeOfPage = (key: string, rows: number): number => 720 + 2 * key.length + slotBytes * rows;
