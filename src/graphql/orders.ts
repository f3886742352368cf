/** Row orders for connections: what a row is sorted by, and whether that can be compared. */
import type { TicketField, TicketFieldOption, TicketFieldOrder } from '../domain/ticket-field.ts';
import type { Direction, Ticket, TicketOrder } from '../domain/ticket.ts';
import { rowDigest, type SortKey } from './cursor.ts';
import type { RowOrder } from './lists/pages.ts';

type Part = SortKey[number];

/** Numbers by direction; what is not a number on both sides counts as equal. */
const compareParts = (left: Part | undefined, right: Part | undefined, sign: number): number =>
  typeof left === 'number' && typeof right === 'number' ? sign * (left - right) : 0;

const signOf = (direction: Direction): number => (direction === 'ASC' ? 1 : -1);

/** Times may come in several spellings: they are compared as instants. null: not a time. */
function instant(time: string | null): number | null {
  const ms = time === null ? NaN : Date.parse(time);
  return Number.isNaN(ms) ? null : ms;
}

/** By one number, its order known. */
const byNumber = <Row>(direction: Direction, numberOf: (row: Row) => number | null): RowOrder<Row> => ({
  keyOf: (row) => [numberOf(row)],
  compare: ([left], [right]) => compareParts(left, right, signOf(direction)),
});

/** By something whose order is the backend's own (ranks, alphabets): rows can only be told moved or unmoved by it. */
const byText = <Row>(textOf: (row: Row) => string): RowOrder<Row> => ({
  keyOf: (row) => [rowDigest(textOf(row))],
  compare: null,
});

/** A list whose order nobody states. */
export const unstatedOrder = { keyOf: () => [], compare: null } as const satisfies RowOrder<unknown>;

export function ticketOrder({ field, direction }: TicketOrder): RowOrder<Ticket> {
  switch (field) {
    case 'CREATED_AT':
      return byNumber(direction, ({ createdAt }) => instant(createdAt));
    case 'UPDATED_AT':
      return byNumber(direction, ({ updatedAt }) => instant(updatedAt));
    case 'STATUS':
      return byText(({ statusRaw }) => statusRaw);
    case 'PRIORITY':
      return byText(({ priority }) => priority ?? '');
  }
}

/** System fields come first, whatever the order and its direction. */
const systemFirst = (
  direction: Direction,
  numberOf: (field: TicketField) => number | null,
): RowOrder<TicketField> => ({
  keyOf: (field) => [field.system ? 0 : 1, numberOf(field)],
  compare: ([leftGroup, left], [rightGroup, right]) =>
    compareParts(leftGroup, rightGroup, 1) || compareParts(left, right, signOf(direction)),
});

export function ticketFieldOrder({ field, direction }: TicketFieldOrder): RowOrder<TicketField> {
  switch (field) {
    case 'POSITION':
      return systemFirst(direction, ({ position }) => position);
    case 'CREATED_AT':
      return systemFirst(direction, ({ createdAt }) => instant(createdAt));
    case 'TITLE':
      return byText(({ title }) => title);
  }
}

export const optionOrder: RowOrder<TicketFieldOption> = byNumber('ASC', ({ position }) => position);
