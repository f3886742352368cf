import type { Page, PageRequest } from '../../domain/page.ts';
import type { ReadPaging } from './wire.ts';

/** Rows of a page at most, as every resource page of the contract has it. */
export const maxPageSize = 100;

/** How size and cursor are spelled. The contract's pages disagree; what a list answers tells which it takes. */
const spellings = [
  { size: 'page_size', after: 'after' },
  { size: 'page[size]', after: 'page[after]' },
  { size: 'pageSize', after: 'pageAfter' },
] as const;
const [usual] = spellings;

/**
 * How a page is asked for: as the resource pages spell it, until a list's `links.next` spells it otherwise.
 * The cursor carries that on, as `page[after]=…`.
 */
export function pageQuery({ size, cursor }: PageRequest): Readonly<Record<string, string>> {
  const rows = String(Math.min(Math.max(size, 1), maxPageSize));
  if (cursor === null) return { [usual.size]: rows };
  const spelling = spellings.find(({ after }) => cursor.startsWith(`${after}=`));
  if (spelling === undefined) return { [usual.size]: rows, [usual.after]: cursor };
  return { [spelling.size]: rows, [spelling.after]: cursor.slice(spelling.after.length + 1) };
}

/** Parameters a refused cursor may be called by. */
export const cursorParameters: readonly string[] = [
  'after',
  'page[after]',
  'pageAfter',
  'page.after',
  'cursor',
];

/** The contract is broken: `attribute` is what should have been there. */
export interface BrokenPaging {
  readonly attribute: string;
}

/**
 * Where the next page starts, in both dialects: `meta.afterCursor`, else the cursor inside `links.next`.
 * `meta.hasMore` decides where it is given; where it is not, a cursor means more.
 * A page that claims more without saying where, or points at itself, is refused: the list would end
 * too early, or never.
 */
export function nextCursor(paging: ReadPaging, asked: string | null): string | null | BrokenPaging {
  const { meta, links } = paging;
  if (meta?.hasMore === false) return null;
  const link = linkedCursor(links?.next);
  const cursor = spelled(nonEmpty(meta?.afterCursor) ?? link?.cursor, link?.after ?? usual.after);
  if (cursor === null) {
    const saidNothing = meta?.hasMore == null && meta?.afterCursor === undefined && links?.next === undefined;
    if (meta?.hasMore === true) return { attribute: 'meta.afterCursor' };
    return saidNothing ? { attribute: 'meta.hasMore' } : null;
  }
  if (cursor === asked) return { attribute: meta?.afterCursor ? 'meta.afterCursor' : 'links.next' };
  return cursor;
}

const isBroken = (next: string | null | BrokenPaging): next is BrokenPaging =>
  typeof next === 'object' && next !== null;

/** The cursor inside the URL of a next page, and how the URL spells it. */
function linkedCursor(next: string | null | undefined): { after: string; cursor: string } | null {
  if (next == null || next === '') return null;
  // Only the query matters, and it may be all there is: `?after=…`, or a path, or a whole URL.
  const query = URL.parse(next, 'https://helpdesk.invalid/')?.searchParams;
  for (const { after } of spellings) {
    const cursor = nonEmpty(query?.get(after));
    if (cursor !== null) return { after, cursor };
  }
  return null;
}

const spelled = (cursor: string | null | undefined, after: string): string | null => {
  if (cursor == null) return null;
  return after === usual.after ? cursor : `${after}=${cursor}`;
};

const nonEmpty = (value: string | null | undefined): string | null => (value ? value : null);

/**
 * A page in our words.
 * @param broken makes the error of an attribute that breaks the contract
 */
export function toPage<Item>(
  items: readonly Item[],
  paging: ReadPaging,
  asked: string | null,
  broken: (attribute: string) => Error,
): Page<Item> {
  const next = nextCursor(paging, asked);
  if (isBroken(next)) throw broken(next.attribute);
  return { items, nextCursor: next };
}
