import type { FilterableAttributes, TicketEvent } from '../../domain/event.ts';
import type { Ticket } from '../../domain/ticket.ts';
import { stateDigest } from './change.ts';

/** What a log remembers of a ticket, to judge the next event by. */
export interface TicketState {
  /** The newest `updatedAt` seen, or when it was deleted; milliseconds since the epoch. */
  readonly version: number;
  /** A tombstone: whatever is not newer than the deletion is stale. */
  readonly deleted: boolean;
  /** The channel that told of the deletion; null: not deleted. */
  readonly deletedBy: string | null;
  /** `stateDigest` of the ticket at `version`; null: not known. */
  readonly digest: string | null;
  /** As of the newest version; null: deleted, or not known. */
  readonly attributes: FilterableAttributes | null;
  /** As of the version before the newest; null: not known. */
  readonly before: FilterableAttributes | null;
}

export interface Judgement {
  readonly stale: boolean;
  /** It is of the same `updatedAt` as what was known and says something else: which is right cannot be told from them. */
  readonly contested: boolean;
  readonly before: FilterableAttributes | null;
  readonly after: FilterableAttributes | null;
  /** What is known of the ticket from now on; null: still nothing. */
  readonly state: TicketState | null;
}

/**
 * Whether an event tells nothing new because it was told before: a second deletion, unless the channel of the first
 * sends it as another webhook, or a state that the sweep has found and that is not newer than what is known.
 */
export function alreadyKnown(event: TicketEvent, known: TicketState | null): boolean {
  if (known === null) return false;
  if (event.type === 'TICKET_DELETED')
    return known.deleted && (event.source !== 'WEBHOOK' || known.deletedBy !== event.channel);
  if (event.source !== 'RECONCILE' || event.ticket === null) return false;
  const version = Date.parse(event.ticket.updatedAt);
  if (known.deleted) return version <= known.version;
  return version < known.version || (version === known.version && known.digest === stateDigest(event.ticket));
}

/**
 * Puts an event in its place among what is known of its ticket. Deliveries come in any order, so `updatedAt` decides.
 * A stale event changed nothing: before and after it, the ticket is what it is known to be.
 */
export function judge(event: TicketEvent, known: TicketState | null): Judgement {
  if (event.type === 'TICKET_DELETED') return judgeDeletion(event, known);
  const { ticket } = event;
  const version = ticket === null ? Number.NaN : Date.parse(ticket.updatedAt);
  if (ticket === null || Number.isNaN(version)) return judgeUndated(event, known);
  if (known === null) return fresh(ticket, version, null, false);
  if (known.deleted ? version <= known.version : version < known.version) return stale(known);
  return fresh(
    ticket,
    version,
    attributesBefore(ticket, version, known),
    contests(event, ticket, version, known),
  );
}

/** What the sweep has read is the answer to such a question, and raises none. */
const contests = ({ source }: TicketEvent, ticket: Ticket, version: number, known: TicketState): boolean =>
  source !== 'RECONCILE' &&
  version === known.version &&
  known.digest !== null &&
  known.digest !== stateDigest(ticket);

/**
 * One change may come as several events of one `updatedAt` (updated and resolved). Each of them has before it what the
 * change had before it, else the second would look as if nothing had changed, whichever of them is second.
 */
function attributesBefore(ticket: Ticket, version: number, known: TicketState): FilterableAttributes | null {
  const sameChange =
    version === known.version && known.attributes !== null && sameAttributes(known.attributes, ticket);
  return sameChange ? known.before : known.attributes;
}

function judgeDeletion(event: TicketEvent, known: TicketState | null): Judgement {
  const version = deletionTime(event);
  if (known !== null && (known.deleted ? version <= known.version : version < known.version))
    return stale(known);
  const before = known?.attributes ?? null;
  const state = { version, deleted: true, deletedBy: event.channel, digest: null, attributes: null, before };
  return { stale: false, contested: false, before, after: null, state };
}

/** It tells that the ticket changed, and neither how nor when exactly: the version stays, the attributes are unknown from now on. */
function judgeUndated(event: TicketEvent, known: TicketState | null): Judgement {
  if (known === null) return { stale: false, contested: false, before: null, after: null, state: null };
  if (known.deleted && Date.parse(event.occurredAt) <= known.version) return stale(known);
  const before = known.attributes;
  return {
    stale: false,
    contested: false,
    before,
    after: null,
    state: { ...known, digest: null, attributes: null, before },
  };
}

/**
 * A deletion is newer than the last state the deleted ticket had. A sender that counts in whole seconds may stamp it
 * with the very second of that last update: such a time stands for the end of its second.
 */
function deletionTime(event: TicketEvent): number {
  const occurred = Date.parse(event.occurredAt);
  const end = /[.,]\d/.test(event.occurredAt) ? occurred : occurred + 999;
  const updated = event.ticket === null ? Number.NaN : Date.parse(event.ticket.updatedAt);
  return Math.max(Number.isNaN(end) ? 0 : end, Number.isNaN(updated) ? 0 : updated);
}

const stale = (known: TicketState): Judgement => ({
  stale: true,
  contested: false,
  before: known.attributes,
  after: known.attributes,
  state: known,
});

function fresh(
  ticket: Ticket,
  version: number,
  before: FilterableAttributes | null,
  contested: boolean,
): Judgement {
  const after = attributesOf(ticket);
  const digest = stateDigest(ticket);
  const state = { version, deleted: false, deletedBy: null, digest, attributes: after, before };
  return { stale: false, contested, before, after, state };
}

const attributesOf = ({ status, priority, assigneeId }: Ticket): FilterableAttributes => ({
  status,
  priority,
  assigneeId,
});

const sameAttributes = (a: FilterableAttributes, b: FilterableAttributes): boolean =>
  a.status === b.status && a.priority === b.priority && a.assigneeId === b.assigneeId;
