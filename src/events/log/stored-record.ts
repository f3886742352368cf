import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { systemClock, type Clock } from '../../domain/clock.ts';
import {
  eventSources,
  optionalAttributes,
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
  absent: z.array(z.enum(optionalAttributes)).exactOptional(),
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
function decodeRecord(cursor: string, text: string): EventRecord | null {
  const { success, data } = recordShape.safeParse(parseJson(text));
  return success ? { cursor, ...data } : null;
}

/** Reads what `encodeRecord` wrote, for a log that many read at about the same time. */
export interface RecordDecoder {
  /** null: the text is not what `encodeRecord` writes. */
  decode(cursor: string, text: string): EventRecord | null;
  /** Records that are remembered. */
  readonly size: number;
}

/** Records that are remembered at most. */
const maxRemembered = 4096;

/** Milliseconds a record is remembered, however often it is read: personal data goes soon after it has left the log. */
const rememberedMs = 30_000;

/**
 * To parse and check a record takes far longer than to read its text. It is the same record as before only where the text
 * is the same, to the last letter: so what was damaged since is found damaged.
 */
export function createRecordDecoder(clock: Clock = systemClock): RecordDecoder {
  type Decoded = { readonly text: string; readonly record: EventRecord };
  let recent = new LRUCache<string, Decoded>({ max: maxRemembered });
  let forgetting = false;
  const forgetLater = (): void => {
    if (forgetting) return;
    forgetting = true;
    clock.after(rememberedMs, () => {
      forgetting = false;
      recent = new LRUCache({ max: maxRemembered });
    });
  };
  return {
    decode: (cursor, text) => {
      const known = recent.get(cursor);
      if (known?.text === text) return known.record;
      const record = decodeRecord(cursor, text);
      if (record === null) return null;
      recent.set(cursor, { text, record });
      forgetLater();
      return record;
    },
    get size() {
      return recent.size;
    },
  };
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
