import { z } from 'zod';
import { decodeAttributes } from './stored-record.ts';
import type { TicketState } from './ticket-state.ts';

const lasting = z.object({
  version: z.number(),
  deleted: z.boolean(),
  deletedBy: z.string().nullable(),
  confirmed: z.boolean(),
  digest: z.string().nullable(),
  announced: z.boolean(),
});

/**
 * Writes what is known of a ticket in lines: what is remembered longest, and the attributes, which the scripts cut off
 * when their record goes.
 */
export function encodeState({ attributes, before, ...rest }: TicketState): string {
  const text = (value: TicketState['attributes']): string => (value === null ? '' : JSON.stringify(value));
  return [JSON.stringify(rest), text(attributes), text(before)].join('\n');
}

/**
 * Reads what a script keeps of a ticket: `encodeState` after a line that says by which records.
 * @param base the position of the last record that was trimmed: what it or an older one said of attributes is forgotten
 * @returns null when nothing is known, and for what cannot be read: the next event puts it right
 */
export function decodeKnown(text: string, base: number): TicketState | null {
  if (text === '') return null;
  const [places = '', core = '', attributes = '', before = ''] = text.split('\n');
  const kept = Number(places.split(' ')[0]) > base;
  const read = (line: string): TicketState['attributes'] =>
    kept && line !== '' ? decodeAttributes(line) : null;
  try {
    return { ...lasting.parse(JSON.parse(core)), attributes: read(attributes), before: read(before) };
  } catch {
    return null;
  }
}
