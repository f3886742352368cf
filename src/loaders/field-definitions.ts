/**
 * The definitions of ticket fields: asked for with every ticket's custom fields, seldom changed, so kept for a while
 * for each key. A definition made or changed elsewhere shows up when its time is over; a write through this gateway
 * with the same key makes the next read ask again.
 */
import { LRUCache } from 'lru-cache';
import type { BackendSession } from '../domain/backend.ts';
import type { Clock } from '../domain/clock.ts';
import { GatewayError } from '../domain/errors.ts';
import type { Meter, Operation } from '../domain/operation.ts';
import type { TicketField } from '../domain/ticket-field.ts';

type Fields = readonly TicketField[];

/** All definitions of one caller's workspace, by id and by key. */
export interface FieldDefinitions {
  /** All of them: at once where they are at hand, so that a list of tickets need not wait for itself. */
  all(): Fields | Promise<Fields>;
  byId(id: string): Promise<TicketField | null>;
  byKey(key: string): Promise<TicketField | null>;
  /** After a write to a definition: the next read asks the backend. */
  forget(): void;
  /** Milliseconds since what was read was asked for, where it was out of date and nothing newer could be had; else null. */
  readonly staleMs: number | null;
}

export interface FieldDefinitionCache {
  /**
   * One operation's view: it asks at most once, whatever becomes of the answer, until `forget`.
   * @param scope `Caller.scope`
   * @param operation whose; its meter counts an answer from the cache or shared with another operation
   */
  of(scope: string, session: BackendSession, operation: DefinitionReader): FieldDefinitions;
}

/**
 * Of the operation. `noCache` and `readAfter` ask the backend: no event tells of definitions, so how far the log was
 * read says nothing of them.
 */
export type DefinitionReader = Pick<
  Operation,
  'meter' | 'noCache' | 'readAfter' | 'staleIfLimited' | 'rests'
>;

export interface FieldDefinitionCacheOptions {
  /** How long definitions are good for, in milliseconds from when they were asked for. @default 60_000 */
  readonly ttlMs?: number;
  readonly clock: Clock;
  /** Whether a read failed only because it could not be asked. @default none does */
  readonly isLimited?: (error: unknown) => boolean;
  /** Definitions and options kept over all keys; beyond, the key unused longest goes. @default 200_000 */
  readonly maxEntries?: number;
  /** Rows asked for in one request. @default 100 */
  readonly pageSize?: number;
}

/** Two thousand options on each of many fields are believable, endless pages of fields are not. */
const maxPages = 50;

interface Known {
  readonly fields: readonly TicketField[];
  /** When they were asked for; milliseconds since the epoch. */
  readonly askedAt: number;
}

const weigh = (fields: readonly TicketField[]): number =>
  fields.reduce((sum, { options }) => sum + 1 + (options?.length ?? 0), 1);

export function createFieldDefinitionCache(options: FieldDefinitionCacheOptions): FieldDefinitionCache {
  const { clock, isLimited = () => false } = options;
  const keeper = createKeeper(options);

  const load = (
    scope: string,
    session: BackendSession,
    reader: DefinitionReader,
  ): Loaded | Promise<Loaded> => {
    const { meter, noCache = false, readAfter, rests } = reader;
    const fresh = noCache || readAfter !== undefined;
    const young = fresh ? null : keeper.young(scope);
    if (young !== null) {
      meter.cacheHits += 1;
      // Looking it up is using it.
      rests?.({ isCurrent: () => keeper.young(scope) === young, touch: () => undefined });
      return { fields: young, staleMs: null };
    }
    return ask(scope, session, reader, fresh);
  };

  const ask = async (
    scope: string,
    session: BackendSession,
    { meter, staleIfLimited = false }: DefinitionReader,
    fresh: boolean,
  ): Promise<Loaded> => {
    try {
      const fields = await (fresh ? keeper.ask(scope, session) : keeper.askOrJoin(scope, session, meter));
      return { fields, staleMs: null };
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'INVALID_API_KEY') keeper.forget(scope);
      const last = staleIfLimited && isLimited(error) ? keeper.last(scope) : undefined;
      if (last === undefined) throw error;
      meter.cacheHits += 1;
      return { fields: last.fields, staleMs: Math.max(0, clock.now() - last.askedAt) };
    }
  };

  return {
    of: (scope, session, operation) =>
      createView(
        () => load(scope, session, operation),
        () => keeper.forget(scope),
      ),
  };
}

/** What is known of each key's definitions, and what is being asked. */
function createKeeper({
  ttlMs = 60_000,
  clock,
  maxEntries = 200_000,
  pageSize = 100,
}: FieldDefinitionCacheOptions) {
  const known = new LRUCache<string, Known>({
    maxSize: maxEntries,
    sizeCalculation: ({ fields }) => weigh(fields),
  });
  const flights = new Map<string, Promise<readonly TicketField[]>>();

  const ask = (scope: string, session: BackendSession): Promise<readonly TicketField[]> => {
    const askedAt = clock.now();
    const flight = readAll(session, pageSize)
      .then((fields) => {
        // A write since then has ended this flight's right to speak: what it read may be older.
        if (flights.get(scope) === flight) known.set(scope, { fields, askedAt });
        return fields;
      })
      .finally(() => {
        if (flights.get(scope) === flight) flights.delete(scope);
      });
    flights.set(scope, flight);
    return flight;
  };

  return {
    ask,
    askOrJoin: async (scope: string, session: BackendSession, meter: Meter) => {
      const flight = flights.get(scope);
      if (flight === undefined) return ask(scope, session);
      meter.shared += 1;
      // The other operation may have been cancelled, or had less time: its failure is not ours.
      return flight.catch(() => flights.get(scope) ?? ask(scope, session));
    },
    young: (scope: string): readonly TicketField[] | null => {
      const entry = known.get(scope);
      return entry !== undefined && clock.now() - entry.askedAt < ttlMs ? entry.fields : null;
    },
    /** Whatever its age. */
    last: (scope: string) => known.get(scope),
    forget: (scope: string): void => {
      known.delete(scope);
      flights.delete(scope);
    },
  };
}

interface Loaded {
  readonly fields: readonly TicketField[];
  readonly staleMs: number | null;
}

function createView(load: () => Loaded | Promise<Loaded>, forget: () => void): FieldDefinitions {
  let loaded: Fields | Promise<Fields> | null = null;
  let staleMs: number | null = null;
  const take = (found: Loaded): Fields => {
    ({ staleMs } = found);
    return found.fields;
  };
  const wait = (found: Promise<Loaded>): Promise<Fields> => {
    const waiting = found.then((answer) => {
      // A write since then makes whoever comes next ask again.
      if (loaded === waiting) loaded = answer.fields;
      return take(answer);
    });
    return waiting;
  };
  const all = (): Fields | Promise<Fields> => {
    if (loaded !== null) return loaded;
    const found = load();
    loaded = found instanceof Promise ? wait(found) : take(found);
    return loaded;
  };
  return {
    all,
    byId: async (id) => indexOf(await all()).byId.get(id) ?? null,
    byKey: async (key) => indexOf(await all()).byKey.get(key) ?? null,
    forget: () => {
      loaded = null;
      forget();
    },
    get staleMs() {
      return staleMs;
    },
  };
}

/** Definitions, to be looked up many times: a page of tickets has a thousand values. */
export interface FieldIndex {
  readonly fields: readonly TicketField[];
  readonly byId: ReadonlyMap<string, TicketField>;
  readonly byKey: ReadonlyMap<string, TicketField>;
}

const indexes = new WeakMap<readonly TicketField[], FieldIndex>();

/** The index of what `FieldDefinitions.all` returned; made once for each answer of the backend. */
export function indexOf(fields: readonly TicketField[]): FieldIndex {
  const made = indexes.get(fields);
  if (made !== undefined) return made;
  const index = {
    fields,
    byId: new Map(fields.map((field) => [field.id, field])),
    byKey: new Map(fields.map((field) => [field.key, field])),
  };
  indexes.set(fields, index);
  return index;
}

async function readAll(session: BackendSession, size: number): Promise<readonly TicketField[]> {
  const fields: TicketField[] = [];
  const read = new Set<string>();
  let cursor: string | null = null;
  do {
    const page = await session.ticketFields.list({
      order: { field: 'POSITION', direction: 'ASC' },
      page: { size, cursor },
    });
    fields.push(...page.items);
    cursor = page.nextCursor;
    if (cursor !== null && (read.has(cursor) || read.size >= maxPages)) throw endless();
    if (cursor !== null) read.add(cursor);
  } while (cursor !== null);
  return fields;
}

const endless = (): GatewayError =>
  new GatewayError('BACKEND_CONTRACT_MISMATCH', 'The backend’s list of ticket fields does not end.', {
    details: { attribute: 'nextCursor' },
  });
