/**
 * How fields spend. A rule never tells less than its resolver does, as long as nothing has to be sent twice and no row
 * moves between two pages.
 */
import { z } from 'zod';
import { cursorIndexes } from '../cursor.ts';
import { maxExtraPages, pagesToRead } from '../lists/pages.ts';
import { decodeNodeId, parseIdArgument, type NodeTypename } from '../node-id.ts';
import { maxFirst } from '../types/paging.ts';
import type { CostFacts, CostRule, FieldCost } from './rule.ts';

const paging = z.object({ first: z.number().nullish(), after: z.string().nullish() });

/** What a connection's arguments come to; null: they are refused. */
function paged(args: unknown, defaultFirst: number, { maxPageSize }: CostFacts) {
  const { first, after } = paging.parse(args);
  const rows = first ?? defaultFirst;
  if (rows < 0 || rows > maxFirst) return null;
  const [index = -1] = typeof after === 'string' ? cursorIndexes(after) : [];
  return { rows, pages: pagesToRead(rows, index, maxPageSize) };
}

/**
 * The most requests of one list, where a page holds a hundred rows: all it may ask for behind the last row but one of a
 * page, and the pages on which a place that has moved is looked for.
 */
export const listCeiling = pagesToRead(maxFirst, 98, 100) + maxExtraPages;

/** A list of the backend's: a request for each page. */
export const listCost =
  (defaultFirst: number): CostRule =>
  (args, facts) => {
    const read = paged(args, defaultFirst, facts);
    return read === null ? null : { each: read.pages, rows: read.rows };
  };

/** A list of which most need no request, and an operation makes so many at most. */
export const pooledListCost =
  (name: string, ceiling: number, defaultFirst: number): CostRule =>
  (args, facts) => {
    const read = paged(args, defaultFirst, facts);
    return read === null ? null : { pooled: { name, requests: read.pages, ceiling }, rows: read.rows };
  };

const byId = z.object({ id: z.string() });

/** One thing by its id, loaded once whatever field asks for it. */
export const lookupCost =
  (typename: NodeTypename): CostRule =>
  (args, facts) =>
    lookup(byId.parse(args).id, typename, facts);

function lookup(id: string, typename: NodeTypename, { kind }: CostFacts): FieldCost | null {
  try {
    return { once: [nameOf(typename, parseIdArgument(id, typename, [], kind))] };
  } catch {
    return null;
  }
}

const nameOf = (typename: NodeTypename, id: string): string => `${typename} ${id}`;

const nodeName = (id: string, kind: CostFacts['kind']): readonly string[] => {
  const node = decodeNodeId(id);
  return node === null || node.kind !== kind ? [] : [nameOf(node.typename, node.id)];
};

/** `node(id)` */
export const nodeCost: CostRule = (args, { kind }) => ({ once: nodeName(byId.parse(args).id, kind) });

const byIds = z.object({ ids: z.array(z.string()) });

/** `nodes(ids)`, of which so many may be given. */
export const nodesCost =
  (maxIds: number): CostRule =>
  (args, { kind }) => {
    const { ids } = byIds.parse(args);
    if (ids.length > maxIds) return null;
    return { once: ids.flatMap((id) => nodeName(id, kind)), rows: ids.length };
  };

/** All definitions of ticket fields: read once, and kept for a while after that. */
export const definitions: FieldCost = { once: ['definitions'] };

const fieldRef = z.object({ by: z.object({ id: z.string().nullish(), key: z.string().nullish() }) });

/** A definition by its id is read afresh; by its key it is one of all definitions. */
export const ticketFieldCost: CostRule = (args, facts) => {
  const { id } = fieldRef.parse(args).by;
  return typeof id === 'string' ? lookup(id, 'TicketField', facts) : definitions;
};

/** No name, no request: an empty list of keys is answered at once. Each of them is looked for. */
export const customFieldsCost: CostRule = ({ keys }) => {
  if (!Array.isArray(keys)) return definitions;
  return keys.length === 0 ? {} : { ...definitions, rows: keys.length };
};

/** Before the first event it is asked whether the key may read the workspace, unless that is known. */
export const listenerCost: CostRule = () => ({ each: 1 });

/** A request that writes, and nothing else. */
export const writeCost: CostRule = () => ({ each: 1 });

/** A request that changes a definition of a ticket field. */
export const definitionWriteCost: CostRule = () => ({ each: 1, forgets: true });

const values = z.object({ customFields: z.array(z.unknown()).nullish() });
const ticketInput = z.object({ input: values });
const ticketPatch = z.object({ input: z.object({ patch: values, ifUpdatedAt: z.unknown().optional() }) });
const ticketIds = z.object({ input: z.object({ ids: z.array(z.string()) }) });

/**
 * A ticket is read before it is changed on a condition or in fields of the workspace's own; these are put right
 * afterwards where the backend took the patch for the whole.
 */
const requestsOfUpdate = { plain: 1, conditional: 2, customFields: 3 } as const;

const namesFields = ({ customFields }: z.infer<typeof values>): boolean => (customFields ?? []).length > 0;

/**
 * `ticketCreate`. The definitions are read again where one is not found, but then the ticket is not sent, unless
 * somebody has made that definition in the meantime.
 */
export const ticketCreateCost: CostRule = (args) =>
  namesFields(ticketInput.parse(args).input) ? { ...definitions, each: 1 } : { each: 1 };

/** `ticketUpdate` */
export const ticketUpdateCost: CostRule = (args) => {
  const { patch, ifUpdatedAt } = ticketPatch.parse(args).input;
  if (namesFields(patch)) return { ...definitions, each: requestsOfUpdate.customFields };
  const conditional = ifUpdatedAt !== undefined && ifUpdatedAt !== null;
  return { each: conditional ? requestsOfUpdate.conditional : requestsOfUpdate.plain };
};

/** `ticketsUpdate`, to which so many ids may be given. */
export const ticketsUpdateCost =
  (maxIds: number): CostRule =>
  (args) => {
    const { ids } = ticketIds.parse(args).input;
    const { patch } = ticketPatch.parse(args).input;
    if (ids.length > maxIds) return null;
    const rows = ids.length;
    // Without a ticket the definitions are read all the same, and again where one is not found.
    return namesFields(patch)
      ? { ...definitions, each: Math.max(1, rows * requestsOfUpdate.customFields), rows }
      : { each: rows * requestsOfUpdate.plain, rows };
  };
