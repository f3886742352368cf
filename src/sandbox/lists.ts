import { Buffer } from 'node:buffer';
import { z } from 'zod';
import { enclose } from './encoded.ts';
import { RestError, detail, invalid } from './errors.ts';
import type { ListDialect } from './options.ts';
import type { Place, SortedPage } from './sorted-index.ts';

/** What all lists of a sandbox have in common. */
export interface ListSettings {
  readonly dialect: ListDialect;
  readonly parameters: 'both' | 'own';
  /** Raised to refuse the cursors handed out before. */
  readonly cursorEpoch: () => number;
}

export interface ListRequest {
  readonly size: number;
  readonly after: Place | null;
}

/** How each dialect spells size and cursor, and how many rows it gives. The first spelling is the one that links use. */
const dialects = {
  resource: { size: ['page_size'], after: ['after'], defaultSize: 25, maxSize: 100 },
  pagination: {
    size: ['page[size]', 'pageSize'],
    after: ['page[after]', 'pageAfter'],
    defaultSize: 100,
    maxSize: 200,
  },
} as const;

const cursorShape = z.tuple([z.int(), z.string(), z.union([z.string(), z.number()]), z.string()]);

/** @param order names list and order: a place means nothing in another one */
const writeCursor = (epoch: number, order: string, { key, id }: Place): string =>
  Buffer.from(JSON.stringify([epoch, order, key, id])).toString('base64url');

function parseCursor(cursor: string): z.infer<typeof cursorShape> {
  try {
    return cursorShape.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    const message = 'The cursor cannot be read';
    throw new RestError('BAD_REQUEST', message, detail('after', 'INVALID', message));
  }
}

/** Throws BAD_REQUEST for what is no cursor, VALIDATION_ERROR for one of another order or time. */
function readCursor(cursor: string, epoch: number, order: string): Place {
  const [itsEpoch, itsOrder, key, id] = parseCursor(cursor);
  if (itsEpoch !== epoch) throw invalid(detail('after', 'INVALID', 'The cursor has expired'));
  if (itsOrder !== order) throw invalid(detail('after', 'INVALID', 'The cursor belongs to another order'));
  return { key, id };
}

/** The dialects to read, the reply's own first: where a request speaks both, that one counts. */
function* readable({ dialect, parameters }: ListSettings): Generator<(typeof dialects)[ListDialect]> {
  yield dialects[dialect];
  if (parameters === 'both') yield dialects[dialect === 'resource' ? 'pagination' : 'resource'];
}

const firstOf = (query: URLSearchParams, names: readonly string[]): [name: string, value: string] | null => {
  for (const name of names) {
    const value = query.get(name);
    if (value !== null) return [name, value];
  }
  return null;
};

function readSize(query: URLSearchParams, settings: ListSettings): number {
  for (const { size, maxSize } of readable(settings)) {
    const given = firstOf(query, size);
    if (!given) continue;
    const [name, value] = given;
    const rows = /^\d{1,6}$/.test(value) ? Number(value) : 0;
    if (rows >= 1 && rows <= maxSize) return rows;
    throw invalid(detail(name, 'INVALID', `${name} must be a whole number from 1 to ${maxSize}`));
  }
  return dialects[settings.dialect].defaultSize;
}

/** Size and cursor of a list request. Throws VALIDATION_ERROR or BAD_REQUEST. */
export function readListRequest(query: URLSearchParams, settings: ListSettings, order: string): ListRequest {
  const size = readSize(query, settings);
  for (const { after } of readable(settings)) {
    const given = firstOf(query, after);
    if (given) return { size, after: readCursor(given[1], settings.cursorEpoch(), order) };
  }
  return { size, after: null };
}

/** A list's reply. */
export function writeList<T extends object>(
  list: {
    readonly name: string;
    /** Absolute, without the query. */
    readonly url: string;
    readonly query: URLSearchParams;
    readonly order: string;
    readonly size: number;
    readonly page: SortedPage<T>;
  },
  settings: ListSettings,
): Buffer {
  const { name, url, query, order, size, page } = list;
  const cursor = page.hasMore && page.last ? writeCursor(settings.cursorEpoch(), order, page.last) : null;
  const meta =
    settings.dialect === 'resource'
      ? { pageSize: size, hasMore: page.hasMore }
      : { hasMore: page.hasMore, afterCursor: cursor };
  let next: string | null = null;
  if (cursor !== null) {
    const following = new URLSearchParams(query);
    for (const dialect of Object.values(dialects))
      for (const spelling of dialect.after) following.delete(spelling);
    following.set(dialects[settings.dialect].after[0], cursor);
    next = `${url}?${following.toString()}`;
  }
  return enclose(
    `{"${name}":[`,
    page.rows,
    `],"meta":${JSON.stringify(meta)},"links":${JSON.stringify({ next })}}`,
  );
}

/** One of the allowed values of a parameter; null: absent. Throws VALIDATION_ERROR. */
export function oneOf<T extends string>(
  query: URLSearchParams,
  name: string,
  allowed: readonly T[],
): T | null {
  const value = query.get(name);
  if (value === null) return null;
  const known = allowed.find((one) => one === value);
  if (known === undefined)
    throw invalid(detail(name, 'INVALID', `${name} must be one of ${allowed.join(', ')}`));
  return known;
}
