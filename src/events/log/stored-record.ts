import { z } from 'zod';
import {
  eventSources,
  ticketEventTypes,
  type EventRecord,
  type FilterableAttributes,
} from '../../domain/event.ts';
import type { Json } from '../../domain/json.ts';
import { ticketPriorities, ticketStatuses, ticketTypes } from '../../domain/ticket.ts';

const status = z.enum([...ticketStatuses, 'UNKNOWN']);
const priority = z.enum([...ticketPriorities, 'UNKNOWN']).nullable();
const assigneeId = z.string().nullable();

/** Whatever came out of `JSON.parse` is JSON. */
const json = z.custom<Json>((value) => value !== undefined);

const ticketShape = z.object({
  id: z.string(),
  subject: z.string(),
  status,
  statusRaw: z.string(),
  priority,
  type: z.enum([...ticketTypes, 'UNKNOWN']).nullable(),
  assigneeId,
  requesterEmail: z.string().nullable(),
  requesterName: z.string().nullable(),
  tags: z.array(z.string()),
  customFields: z.array(z.object({ fieldId: z.string(), value: json })),
  createdAt: z.string(),
  updatedAt: z.string(),
  fetchedAt: z.string(),
});

const eventShape = z.object({
  eventId: z.string(),
  type: z.enum([...ticketEventTypes, 'UNKNOWN']),
  typeRaw: z.string(),
  ticketId: z.string(),
  ticket: ticketShape.nullable(),
  occurredAt: z.string(),
  source: z.enum(eventSources),
  channel: z.string(),
});

const attributesShape = z.object({ status, priority, assigneeId });

const recordShape = z.object({
  event: eventShape,
  receivedAt: z.string(),
  stale: z.boolean(),
  before: attributesShape.nullable(),
  after: attributesShape.nullable(),
});

/** Writes a record for keeping, without its cursor: that is kept beside it. */
export const encodeRecord = ({ event, receivedAt, stale, before, after }: EventRecord): string =>
  JSON.stringify({ event, receivedAt, stale, before, after });

/** @returns null when the text is not what `encodeRecord` writes */
export function decodeRecord(cursor: string, text: string): EventRecord | null {
  const { success, data } = recordShape.safeParse(parseJson(text));
  return success ? { cursor, ...data } : null;
}

/** Filterable attributes as `JSON.stringify` wrote them. null: not known, or the text is something else. */
export function decodeAttributes(text: string | null): FilterableAttributes | null {
  if (text === null) return null;
  const { success, data } = attributesShape.safeParse(parseJson(text));
  return success ? data : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
