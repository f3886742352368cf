import type { Backend, BackendSession } from '../domain/backend.ts';
import type { Basis } from '../domain/basis.ts';
import type { Caller } from '../domain/caller.ts';
import type { Clock } from '../domain/clock.ts';
import { isLimited } from '../domain/limited.ts';
import type { Operation } from '../domain/operation.ts';
import type { Page } from '../domain/page.ts';
import type { Ticket } from '../domain/ticket.ts';
import { concerns, inTheLightOf, type Note } from './change.ts';
import type { KeptAnswer } from './entries.ts';
import type { Landed, Landing, Question } from './flight.ts';
import { affects, isRemote, pageKey, shapeOf, unknownAnchor, type ListQuery } from './list-rules.ts';
import type { Scope } from './scope.ts';
import type { WorkspaceReads } from './workspace.ts';

type Tickets = BackendSession['tickets'];

export interface TicketReadsOptions {
  /** Whose answers are kept. */
  readonly backend: Pick<Backend, 'session' | 'status'>;
  readonly caller: Caller;
  readonly operation: Operation;
  readonly clock: Clock;
  /** Keeps the workspace in use as long as the step takes. */
  readonly within: <Value>(step: (workspace: WorkspaceReads) => Promise<Value>) => Promise<Value>;
}

/** Reads of tickets: from what is kept, from a request under way, or by a request. */
export function createTicketReads(options: TicketReadsOptions): Pick<Tickets, 'get' | 'list'> {
  const { within } = options;
  return {
    get: (id) =>
      within((workspace) =>
        answered(options, workspace, {
          question: id,
          find: (scope) => scope.ticket(id),
          read: (fresh) => workspace.tickets.read(ticketQuestion(options, workspace, id, fresh)),
        }),
      ),
    list: (query) =>
      within((workspace) =>
        answered(options, workspace, {
          question: query,
          find: (scope) => scope.page(query),
          read: (fresh) => workspace.lists.read(pageQuestion(options, workspace, query, fresh)),
        }),
      ),
  };
}

const ticketQuestion = (
  { backend, caller, operation }: TicketReadsOptions,
  workspace: WorkspaceReads,
  id: string,
  fresh: boolean,
): Question<Ticket | null> => ({
  key: id,
  scope: caller.scope,
  operation,
  fresh,
  bears: (change) => concerns(change, id),
  minds: () => true,
  ask: (flight) => backend.session(caller, flight).tickets.get(id),
  land: (answer, landing) => landTicket(workspace, caller.scope, id, answer, landing),
});

const pageQuestion = (
  { backend, caller, operation }: TicketReadsOptions,
  workspace: WorkspaceReads,
  query: ListQuery,
  fresh: boolean,
): Question<Page<Ticket>> => ({
  key: pageKey(query),
  scope: caller.scope,
  operation,
  fresh,
  bears: ({ kind }) => kind !== 'DEFINITIONS',
  minds: (change) => !isRemote(change, query),
  ask: (flight) => backend.session(caller, flight).tickets.list(query),
  land: (answer, landing) => landPage(workspace, caller.scope, query, answer, landing),
});

interface Reading<Answer> {
  /** As whoever asks will know it again. */
  readonly question: unknown;
  /** What is kept, whatever its age. */
  find(scope: Scope): KeptAnswer<Answer> | null;
  read(fresh: boolean): Promise<Answer>;
}

async function answered<Answer>(
  { caller, operation, clock, backend }: TicketReadsOptions,
  workspace: WorkspaceReads,
  reading: Reading<Answer>,
): Promise<Answer> {
  const { meter } = operation;
  const find = (): KeptAnswer<Answer> | null => {
    const scope = workspace.scope(caller.scope);
    return scope && reading.find(scope);
  };
  const isTrusted = ({ asked }: KeptAnswer<Answer>): boolean =>
    workspace.scope(caller.scope)?.isTrusted(asked) === true;
  const isPlain = operation.noCache !== true && operation.readAfter === undefined;
  const fresh = !isPlain && !(await workspace.isNewEnough(operation));
  if (!fresh) {
    let kept = find();
    if (kept !== null && isTrusted(kept)) {
      if (!workspace.isConfirmed) kept = (await workspace.confirm()) ? find() : null;
      if (kept !== null && isTrusted(kept)) {
        meter.cacheHits += 1;
        operation.rests?.(basisOf(workspace, caller.scope, kept));
        return kept.answer();
      }
    }
  }
  try {
    return await reading.read(fresh);
  } catch (error) {
    const known =
      !fresh && operation.staleIfLimited === true && isLimited(error, backend.status) ? find() : null;
    if (known === null) throw error;
    meter.cacheHits += 1;
    operation.servedStale?.({ question: reading.question, ageMs: Math.max(0, clock.now() - known.asked.at) });
    return known.answer();
  }
}

/** @param kept is to be served now */
function basisOf(workspace: WorkspaceReads, name: string, kept: KeptAnswer<unknown>): Basis {
  const scope = workspace.scope(name);
  const { revision } = kept;
  return {
    // What `answered` looks at, with the same outcome.
    isCurrent: () =>
      revision !== null &&
      kept.revision === revision &&
      scope?.isTrusted(kept.asked) === true &&
      workspace.isConfirmed,
    touch: () => scope?.touch(kept),
  };
}

function landTicket(
  workspace: WorkspaceReads,
  name: string,
  id: string,
  answer: Ticket | null,
  { asked, notes, attended }: Landing,
): Landed<Ticket | null> {
  const believed = inTheLightOf(notes, id, answer);
  if (believed === undefined) return { value: answer, sound: false };
  if (believed === null) workspace.scope(name)?.forget(id, asked);
  else if (attended) workspace.scopeFor(name).keepTicket(believed, asked);
  return { value: believed, sound: true };
}

function landPage(
  workspace: WorkspaceReads,
  name: string,
  query: ListQuery,
  answer: Page<Ticket>,
  { asked, notes, attended }: Landing,
): Landed<Page<Ticket>> {
  const rows =
    notes.length === 0 ? answer.items : answer.items.map((row) => inTheLightOf(notes, row.id, row));
  const items = rows.filter((ticket) => ticket != null);
  const scope = attended ? workspace.scopeFor(name) : null;
  for (const ticket of items) scope?.keepTicket(ticket, asked);
  const sound = items.length === rows.length && !isDisturbed(query, answer, notes, scope);
  const page = sound ? { ...answer, items } : answer;
  if (sound) scope?.keepPage(query, page, asked);
  scope?.tidy();
  return { value: page, sound };
}

/** Whether what became known since a page was asked for may make another page of it. */
function isDisturbed(
  query: ListQuery,
  { items, nextCursor }: Page<Ticket>,
  notes: readonly Note[],
  scope: Scope | null,
): boolean {
  if (notes.length === 0) return false;
  const shape = shapeOf(query, items, nextCursor, scope?.anchorOf(query) ?? unknownAnchor(query));
  return notes.some(({ change }) => {
    const row = 'id' in change ? items.find(({ id }) => id === change.id) : undefined;
    return affects(change, shape, row ?? null);
  });
}
