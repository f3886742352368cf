import type { Clock } from '../domain/clock.ts';
import { GatewayError } from '../domain/errors.ts';
import type { EventRecord } from '../domain/event.ts';
import type { Log } from '../domain/log.ts';
import type { Operation } from '../domain/operation.ts';
import type { Page } from '../domain/page.ts';
import type { TicketField, TicketFieldOption } from '../domain/ticket-field.ts';
import type { Ticket } from '../domain/ticket.ts';
import type { EventLog } from '../events/log/log.ts';
import { changeTold, type Change, type Note } from './change.ts';
import type { Asked } from './entries.ts';
import { Flights, type FlightsOptions } from './flights.ts';
import { LogFollower } from './log-follower.ts';
import type { Memory } from './memory.ts';
import { Scope } from './scope.ts';

export interface WorkspaceOptions {
  readonly workspaceId: string;
  readonly log: Pick<EventLog, 'head' | 'read' | 'locate' | 'watch'>;
  readonly clock: Clock;
  readonly logger: Pick<Log, 'warn'>;
  readonly memory: Memory;
  readonly trustMs: (workspaceId: string) => number;
  /** Nothing is kept of it, nothing is under way, and it has stopped listening. */
  readonly ended: () => void;
}

/** What became known while a write was under way. */
export interface Watch {
  readonly begun: Asked;
  /** Whether every event was heard from then on. */
  readonly attended: boolean;
  readonly notes: readonly Note[];
  end(): void;
}

/**
 * Milliseconds that a workspace is listened to after the last of its answers has gone. One that never had any may have
 * been made up by whoever asked, and goes at once, unless that the log is out of reach is all there is to remember.
 */
const lingerMs = 60_000;
/** Milliseconds that a read waits at most for the record it has to come after. */
const reachMs = 1_000;
/** Records that are remembered to have come one way, here or by the log; one that comes twice does no harm. */
const maxTold = 10_000;

/** The answers of one workspace, for all keys, and what is known of its changes. */
export class WorkspaceReads {
  readonly tickets: Flights<Ticket | null>;
  readonly lists: Flights<Page<Ticket>>;
  readonly fields: Flights<TicketField | null>;
  readonly fieldLists: Flights<Page<TicketField>>;
  readonly options: Flights<TicketFieldOption | null>;
  readonly optionLists: Flights<Page<TicketFieldOption>>;
  readonly #parts: WorkspaceOptions;
  readonly #flights: readonly Pick<Flights<unknown>, 'note' | 'isEmpty'>[];
  readonly #follower: LogFollower;
  readonly #scopes = new Map<string, Scope>();
  readonly #writes = new Set<Note[]>();
  readonly #told = new Set<string>();
  #seq = 0;
  #users = 0;
  #hasKept = false;
  #cancelEnd: (() => void) | null = null;
  #running = true;

  constructor(parts: WorkspaceOptions) {
    this.#parts = parts;
    const { clock } = parts;
    const follower = new LogFollower({ ...parts, take: this.accepted, lost: this.#lost });
    const definitions: FlightsOptions = {
      clock,
      nextSeq: () => (this.#seq += 1),
      attended: () => follower.isFollowing,
      ready: () => Promise.resolve(),
      landed: this.#settle,
    };
    const ready = async (): Promise<void> => {
      if (!follower.isFollowing) await follower.confirm();
    };
    this.#follower = follower;
    this.tickets = new Flights({ ...definitions, ready });
    this.lists = new Flights({ ...definitions, ready });
    this.fields = new Flights(definitions);
    this.fieldLists = new Flights(definitions);
    this.options = new Flights(definitions);
    this.optionLists = new Flights(definitions);
    this.#flights = [this.tickets, this.lists, this.fields, this.fieldLists, this.options, this.optionLists];
  }

  /** What is kept for a key; null: nothing. */
  scope(scope: string): Scope | null {
    return this.#scopes.get(scope) ?? null;
  }

  /** For what is to be kept. */
  scopeFor(scope: string): Scope {
    const standing = this.#scopes.get(scope);
    if (standing !== undefined) return standing;
    const made = new Scope({
      memory: this.#parts.memory,
      trusted: this.isYoung,
      observed: (change) => this.#tell(change, scope),
      // Not before whoever fills it is done.
      emptied: () => queueMicrotask(() => this.#tidy(scope, made)),
    });
    this.#scopes.set(scope, made);
    this.#hasKept = true;
    return made;
  }

  /** Keeps it going while a key asks for something. What is kept for one that turns out to be no good is forgotten. */
  async use<Value>(scope: string, step: (workspace: this) => Promise<Value>): Promise<Value> {
    this.#users += 1;
    try {
      return await step(this);
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'INVALID_API_KEY') this.#scopes.get(scope)?.clear();
      throw error;
    } finally {
      this.#users -= 1;
      this.#settle();
    }
  }

  /** Whether an answer is young enough to be trusted, as long as nothing was missed. */
  readonly isYoung = (asked: Asked): boolean => {
    const { clock, trustMs, workspaceId } = this.#parts;
    return clock.now() - asked.at < trustMs(workspaceId);
  };

  /** Whether nothing was missed, as far as is known without looking. */
  get isConfirmed(): boolean {
    return this.#follower.isConfirmed;
  }

  /** Looks. Never rejects. */
  confirm(): Promise<boolean> {
    return this.#follower.confirm();
  }

  /** Whether what is kept may be served at all: only where nothing better was asked for, or the log was taken in that far. */
  async isNewEnough({ noCache = false, readAfter, deadline }: Operation): Promise<boolean> {
    if (noCache) return false;
    if (readAfter === undefined) return true;
    const patience = Math.min(reachMs, deadline - this.#parts.clock.now());
    return this.#follower.reach(readAfter, Math.max(0, patience));
  }

  /** A record was taken in here. Idempotent. */
  readonly accepted = (record: EventRecord): void => {
    // What was taken in here comes by the log too, before or after.
    if (this.#told.delete(record.cursor)) return;
    if (this.#told.size >= maxTold) this.#told.clear();
    this.#told.add(record.cursor);
    const change = changeTold(record);
    if (change !== null) this.#tell(change, null);
  };

  /** Something became known that no record tells. */
  apply(change: Change): void {
    this.#tell(change, null);
  }

  /** A write tells that a ticket is not what was thought. */
  forget(id: string): void {
    for (const scope of this.#scopes.values()) scope.forget(id);
  }

  /** What becomes known from now on. */
  watch(): Watch {
    const notes: Note[] = [];
    this.#writes.add(notes);
    return {
      begun: this.#now(),
      attended: this.#follower.isFollowing,
      notes,
      end: () => {
        this.#writes.delete(notes);
      },
    };
  }

  stop(): void {
    this.#running = false;
    this.#cancelEnd?.();
    this.#follower.stop();
  }

  readonly #lost = (): void => {
    this.#told.clear();
    this.#tell({ kind: 'LOST' }, null);
  };

  /** @param only the one key that it became known to; null: to all */
  #tell(change: Change, only: string | null): void {
    const asked = this.#now();
    const note = { seq: asked.seq, change };
    for (const flights of this.#flights) flights.note(note, only);
    if (only === null) for (const notes of this.#writes) notes.push(note);
    for (const [name, scope] of this.#scopes) {
      if (only !== null && only !== name) continue;
      scope.apply(change);
      if (only !== null || change.kind !== 'STATE') continue;
      // A message that comes late tells how the ticket was then: it makes nothing young.
      scope.takeOver(change.ticket, { ...asked, at: Math.min(asked.at, change.version) });
    }
  }

  #now(): Asked {
    return { seq: (this.#seq += 1), at: this.#parts.clock.now() };
  }

  #tidy(name: string, scope: Scope): void {
    if (!scope.isEmpty || this.#scopes.get(name) !== scope) return;
    this.#scopes.delete(name);
    this.#settle();
  }

  /** Stops listening when there is nothing left to keep right. */
  readonly #settle = (): void => {
    if (!this.#running || this.#cancelEnd !== null || !this.#isIdle()) return;
    if (this.#hasKept || !this.#follower.isFollowing)
      this.#cancelEnd = this.#parts.clock.after(lingerMs, this.#end);
    else this.#end();
  };

  readonly #end = (): void => {
    this.#cancelEnd = null;
    if (!this.#running || !this.#isIdle()) return;
    this.stop();
    this.#parts.ended();
  };

  #isIdle(): boolean {
    return this.#users === 0 && this.#scopes.size === 0 && this.#flights.every(({ isEmpty }) => isEmpty);
  }
}
