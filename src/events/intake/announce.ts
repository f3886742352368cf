import type { Backend, BackendSession } from '../../domain/backend.ts';
import type { Clock } from '../../domain/clock.ts';
import { GatewayError } from '../../domain/errors.ts';
import type { TicketEvent } from '../../domain/event.ts';
import type { Log } from '../../domain/log.ts';
import type { Operation } from '../../domain/operation.ts';
import { describeError } from '../../domain/redact.ts';
import type { Intake } from './intake.ts';
import type { EventLog } from '../log/log.ts';
import { deletionEvent, stateEvent } from './made-events.ts';

export interface AnnounceOptions {
  readonly backend: Backend;
  readonly intake: Pick<Intake, 'accept' | 'missing'>;
  readonly log: Pick<EventLog, 'known' | 'head'>;
  readonly clock: Clock;
  /** @default nobody */
  readonly logger?: Pick<Log, 'warn'>;
  /** Milliseconds that a write waits at most for its event to be kept. @default 1,000 */
  readonly patienceMs?: number;
}

type Tickets = BackendSession['tickets'];

/**
 * A backend that tells the event log what is written through it, so that subscribers need not wait for the webhook; and
 * what is found to be gone, which no sweep can see. A write is answered when its event is kept, so that whoever wrote
 * finds it in the log. It never fails for that: what could not be told, the sweep or the webhook tells.
 */
export function announceWrites(options: AnnounceOptions): Backend {
  const { backend } = options;
  const teller = createTeller(options);
  return {
    kind: backend.kind,
    capabilities: backend.capabilities,
    receiver: backend.receiver,
    session: (caller, operation) => {
      const { tickets, ticketFields, ticketFieldOptions, webhooks } = backend.session(caller, operation);
      return {
        tickets: announcing(tickets, caller.workspaceId, operation, teller),
        ticketFields,
        ticketFieldOptions,
        webhooks,
      };
    },
    budget: (caller) => backend.budget(caller),
    status: () => backend.status(),
    close: () => backend.close(),
  };
}

function announcing(
  tickets: Tickets,
  workspaceId: string,
  { told }: Pick<Operation, 'told'>,
  teller: Teller,
): Tickets {
  /** A write to a ticket that turns out to be gone fails all the same. */
  const writing = async <Value>(id: string, write: () => Promise<Value>): Promise<Value> => {
    const since = teller.now();
    try {
      return await write();
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'NOT_FOUND') teller.missing(workspaceId, id, since);
      throw error;
    }
  };
  return {
    list: (query) => tickets.list(query),
    async get(id) {
      const since = teller.now();
      const ticket = await tickets.get(id);
      if (ticket === null) teller.missing(workspaceId, id, since);
      return ticket;
    },
    async create(input) {
      const ticket = await tickets.create(input);
      await teller.wrote(workspaceId, stateEvent('GATEWAY', 'TICKET_CREATED', ticket), told);
      return ticket;
    },
    async update(id, patch, condition) {
      const ticket = await writing(id, () => tickets.update(id, patch, condition));
      await teller.wrote(workspaceId, stateEvent('GATEWAY', 'TICKET_UPDATED', ticket), told);
      return ticket;
    },
    async delete(id) {
      await writing(id, () => tickets.delete(id));
      await teller.deleted(workspaceId, id, told);
    },
  };
}

type Told = Operation['told'];

/** Tells the log; nothing of it ever rejects. */
interface Teller {
  /** Milliseconds since the epoch. */
  now(): number;
  /** @param told is given the cursor of a record that nobody can read without having read of the write */
  wrote(workspaceId: string, event: TicketEvent, told: Told): Promise<void>;
  deleted(workspaceId: string, ticketId: string, told: Told): Promise<void>;
  /** The backend does not have the ticket: `Intake.missing`. Looked into while whoever asked goes on. */
  missing(workspaceId: string, ticketId: string, since: number): void;
}

function createTeller({
  intake,
  log,
  clock,
  logger,
  patienceMs = 1_000,
}: Omit<AnnounceOptions, 'backend'>): Teller {
  const noted = async (ticketId: string, workspaceId: string, telling: Promise<unknown>): Promise<void> => {
    try {
      await telling;
    } catch (error) {
      const fields = { workspaceId, ticketId, error: describeError(error) };
      logger?.warn(fields, 'own write: the event log did not take it; the sweep or a webhook will tell');
    }
  };
  const take = async (workspaceId: string, event: TicketEvent, told: Told): Promise<void> => {
    const outcome = await intake.accept(workspaceId, event);
    if (told === undefined) return;
    // A webhook was faster: its record is somewhere before the end.
    told(outcome.result === 'APPENDED' ? outcome.record.cursor : (await log.head(workspaceId)).cursor);
  };
  const patiently = async (telling: Promise<void>): Promise<void> => {
    const late = Promise.withResolvers<void>();
    const cancel = clock.after(patienceMs, late.resolve);
    await Promise.race([telling, late.promise]);
    cancel();
  };
  return {
    now: () => clock.now(),
    wrote: (workspaceId, event, told) =>
      patiently(noted(event.ticketId, workspaceId, take(workspaceId, event, told))),
    deleted: (workspaceId, ticketId, told) => {
      const tell = async (): Promise<void> => {
        const known = await log.known(workspaceId, ticketId);
        await take(workspaceId, deletionEvent('GATEWAY', ticketId, known, clock.now()), told);
      };
      return patiently(noted(ticketId, workspaceId, tell()));
    },
    missing: (workspaceId, ticketId, since) =>
      void noted(ticketId, workspaceId, intake.missing(workspaceId, ticketId, since)),
  };
}
