import type { BackendSession } from '../domain/backend.ts';
import { BackendError, GatewayError } from '../domain/errors.ts';
import type { Operation } from '../domain/operation.ts';
import type { Ticket } from '../domain/ticket.ts';
import { concerns, inTheLightOf, newer, stateChange, type Change } from './change.ts';
import type { Watch, WorkspaceReads } from './workspace.ts';

type Tickets = BackendSession['tickets'];

export interface TicketWritesOptions {
  /** Writes, and tells the log. */
  readonly tickets: Tickets;
  readonly scope: string;
  readonly operation: Operation;
  /** Keeps the workspace in use as long as the step takes. */
  readonly within: <Value>(step: (workspace: WorkspaceReads) => Promise<Value>) => Promise<Value>;
}

/**
 * Writes of tickets. When one is answered, everybody here knows of it, whether or not the log took it; and where nobody
 * can tell what became of it, what it may have touched is forgotten.
 */
export function createTicketWrites(
  options: TicketWritesOptions,
): Pick<Tickets, 'create' | 'update' | 'delete'> {
  const { tickets, operation, within } = options;
  const writing = <Value>(
    id: string | null,
    write: () => Promise<Value>,
    done: (workspace: WorkspaceReads, value: Value, watch: Watch) => void,
  ): Promise<Value> =>
    within(async (workspace) => {
      const watch = workspace.watch();
      try {
        const value = await write();
        done(workspace, value, watch);
        return value;
      } catch (error) {
        forget(workspace, id, fateOf(error, operation));
        throw error;
      } finally {
        watch.end();
      }
    });
  const wrote = (workspace: WorkspaceReads, ticket: Ticket, watch: Watch): void => {
    keepWritten(workspace, options.scope, ticket, watch);
  };
  return {
    create: (input) => writing(null, () => tickets.create(input), wrote),
    update: (id, patch, condition) => writing(id, () => tickets.update(id, patch, condition), wrote),
    delete: (id) =>
      writing(
        id,
        () => tickets.delete(id),
        (workspace, _nothing, { notes }) => {
          if (!notes.some(({ change }) => change.kind === 'GONE' && change.id === id))
            workspace.apply({ kind: 'GONE', id });
        },
      ),
  };
}

function keepWritten(workspace: WorkspaceReads, scope: string, ticket: Ticket, watch: Watch): void {
  const change = stateChange(ticket);
  if (!watch.notes.some((note) => tells(note.change, ticket))) workspace.apply(change);
  // Whatever the write's own event says of it, a later one may say more.
  const believed = inTheLightOf(watch.notes, ticket.id, ticket);
  if (believed == null || !watch.attended) return;
  workspace.scopeFor(scope).keepTicket(believed, watch.begun);
}

/** Whether this write was told to everybody by its own event. */
const tells = (change: Change, ticket: Ticket): boolean =>
  change.kind === 'STATE' &&
  concerns(change, ticket.id) &&
  newer(ticket, change.ticket) === 'KNOWN' &&
  newer(change.ticket, ticket) === 'KNOWN';

/** NOTHING: it was not carried out, and tells nothing. REFUSED: it tells that the ticket is not as it was thought. */
type Fate = 'NOTHING' | 'REFUSED' | 'UNKNOWN';

const telling: ReadonlySet<string> = new Set([
  'NOT_FOUND',
  'CONFLICT',
  'PRECONDITION_FAILED',
  'TICKET_CLOSED',
]);

function fateOf(error: unknown, { signal }: Operation): Fate {
  if (!(error instanceof GatewayError)) {
    return signal.aborted && error === signal.reason ? 'NOTHING' : 'UNKNOWN';
  }
  const { outcome, code } = error;
  if (outcome === 'UNKNOWN') return 'UNKNOWN';
  const { status, attempts } = error instanceof BackendError ? error.backend : { status: null, attempts: 0 };
  const wasRefused = outcome === 'NOT_APPLIED' || attempts === 0 || isClientError(status);
  if (!wasRefused) return 'UNKNOWN';
  return telling.has(code) ? 'REFUSED' : 'NOTHING';
}

const isClientError = (status: number | null): boolean => status !== null && status >= 400 && status < 500;

/** @param id null: of a ticket that was to be made */
function forget(workspace: WorkspaceReads, id: string | null, fate: Fate): void {
  if (fate === 'UNKNOWN') workspace.apply({ kind: 'UNCLEAR', id });
  if (fate === 'REFUSED' && id !== null) workspace.forget(id);
}
