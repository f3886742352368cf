import type { FilterableAttributes, TicketEvent } from '../../domain/event.ts';
import type { Ticket } from '../../domain/ticket.ts';
import { agree, joined, stateDigest, tellsMore } from './change.ts';

/** What a log remembers of a ticket, to judge the next event by. */
export interface TicketState {
  /** The newest `updatedAt` seen, or up to when it is deleted; milliseconds since the epoch. 0: none could be believed. */
  readonly version: number;
  /** A tombstone: whatever is not newer than the deletion is stale. */
  readonly deleted: boolean;
  /** The channel that told of the deletion; null: not deleted. */
  readonly deletedBy: string | null;
  /** A webhook told of the deletion too. false: not deleted, or nobody says so but the gateway. */
  readonly confirmed: boolean;
  /** `stateDigest` of the ticket at `version`, whichever event told it; null: not known. */
  readonly digest: string | null;
  /**
   * An event that says "created" or "updated" told that state. What also comes when a ticket is resolved or assigned is
   * no substitute for it: who listens to changes need not listen to those.
   */
  readonly announced: boolean;
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
 * Milliseconds that a time may be ahead of when it was received and still be believed. Clocks that agree on signatures
 * differ by minutes at most; and what is believed keeps later events from counting as newer for so long.
 */
const aheadMs = 3_600_000;

/**
 * Milliseconds that the tombstone of our own deletion reaches beyond our clock, which may be behind the backend's: what the
 * ticket was like just before lies within them. Nothing is lost by it, as ids are not given out twice; a ticket that is
 * restored is seen once it is updated later than that.
 */
const ownDeletionMs = 300_000;

/**
 * Whether an event tells nothing new because it was told before: a second deletion, unless the channel of the first
 * sends it as another webhook; a state that the sweep has found and that is not newer than what is known; or one of our
 * own writes that changed nothing. A webhook that leaves out part of a state that was told in full is such a one too.
 * @param now when it was received, milliseconds since the epoch
 */
export function alreadyKnown(event: TicketEvent, known: TicketState | null, now: number): boolean {
  if (known === null) return false;
  if (event.type === 'TICKET_DELETED')
    return known.deleted && (event.source !== 'WEBHOOK' || known.deletedBy !== event.channel);
  const { source, ticket, absent } = event;
  if (ticket === null || (source === 'WEBHOOK' && absent === undefined)) return false;
  const version = versionOf(ticket, known, now);
  const digest = stateDigest(ticket, absent);
  const isTold = known.announced && isSameState(digest, version, known);
  if (source === 'RECONCILE') return isTold || isOlder(event, version, known);
  if (!isTold || !announces(event)) return false;
  return source === 'GATEWAY' ? event.type === 'TICKET_UPDATED' : tellsMore(known.digest ?? '', digest);
}

/**
 * What is known of a ticket after an event that `alreadyKnown` drops: of two deletions the later time counts, as it is by
 * two clocks. The same object: nothing else than before.
 * @param now as for `alreadyKnown`
 */
export function afterRepeat(event: TicketEvent, known: TicketState, now: number): TicketState {
  if (event.type !== 'TICKET_DELETED' || !known.deleted) return known;
  const version = Math.max(known.version, deletionTime(event, known, now));
  const confirmed = known.confirmed || event.source === 'WEBHOOK';
  return version === known.version && confirmed === known.confirmed
    ? known
    : { ...known, version, confirmed };
}

/**
 * Puts an event in its place among what is known of its ticket. Deliveries come in any order, so `updatedAt` decides.
 * A stale event changed nothing: before and after it, the ticket is what it is known to be.
 * @param now as for `alreadyKnown`
 */
export function judge(event: TicketEvent, known: TicketState | null, now: number): Judgement {
  if (event.type === 'TICKET_DELETED') return judgeDeletion(event, known, now);
  const { ticket } = event;
  const version = ticket === null ? Number.NaN : versionOf(ticket, known, now);
  if (ticket === null || Number.isNaN(version)) return judgeUndated(event, known);
  if (known !== null && isOlder(event, version, known)) return stale(known);
  const digest = stateDigest(ticket, event.absent);
  const sameState = known !== null && isSameState(digest, version, known);
  const after = attributesOf(ticket);
  const before = known === null ? null : attributesBefore(ticket, version, known);
  const alive = { deleted: false, deletedBy: null, confirmed: false };
  const announced = announces(event) || (sameState && known.announced);
  const told = sameState ? joined(digest, known.digest ?? '') : digest;
  return {
    stale: false,
    contested: known !== null && contests(event, digest, version, known),
    before,
    after,
    state: { ...alive, version, digest: told, announced, attributes: after, before },
  };
}

/**
 * When a ticket became what it is. A time far ahead says nothing, and would make all that follows stale: such a state is
 * the last one known for as long as no other is.
 * @returns NaN where its time cannot be read
 */
function versionOf({ updatedAt }: Ticket, known: TicketState | null, now: number): number {
  const version = Date.parse(updatedAt);
  return version > now + aheadMs ? (known?.version ?? 0) : version;
}

/** What the sweep has read is there: unless a webhook told of the deletion, what is as new as the last known is enough. */
const isOlder = ({ source }: TicketEvent, version: number, known: TicketState): boolean =>
  known.deleted && (known.confirmed || source !== 'RECONCILE')
    ? version <= known.version
    : version < known.version;

const isSameState = (digest: string, version: number, known: TicketState): boolean =>
  !known.deleted && version === known.version && known.digest !== null && agree(digest, known.digest);

/** Whether who listens to changes hears of it. */
const announces = ({ type }: TicketEvent): boolean => type === 'TICKET_CREATED' || type === 'TICKET_UPDATED';

/** What the sweep has read is the answer to such a question, and raises none. */
const contests = ({ source }: TicketEvent, digest: string, version: number, known: TicketState): boolean =>
  source !== 'RECONCILE' &&
  version === known.version &&
  known.digest !== null &&
  !agree(known.digest, digest);

/**
 * One change may come as several events of one `updatedAt` (updated and resolved). Each of them has before it what the
 * change had before it, else the second would look as if nothing had changed, whichever of them is second.
 */
function attributesBefore(ticket: Ticket, version: number, known: TicketState): FilterableAttributes | null {
  const sameChange =
    version === known.version && known.attributes !== null && sameAttributes(known.attributes, ticket);
  return sameChange ? known.before : known.attributes;
}

/** A ticket that is there can be deleted, whatever time that bears: by another clock, or in whole seconds. */
function judgeDeletion(event: TicketEvent, known: TicketState | null, now: number): Judgement {
  const time = deletionTime(event, known, now);
  if (known?.deleted === true && time <= known.version) return stale(known);
  const before = known?.attributes ?? null;
  const state = {
    version: Math.max(time, known?.version ?? 0),
    deleted: true,
    deletedBy: event.channel,
    confirmed: event.source === 'WEBHOOK',
    digest: null,
    announced: false,
    attributes: null,
    before,
  };
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
    state: { ...known, digest: null, announced: false, attributes: null, before },
  };
}

/**
 * Up to when nothing that is told of a deleted ticket is news. What was found to be missing may only have been out of
 * sight: whatever is newer than what was known brings it back. A sender that counts in whole seconds may stamp a deletion
 * with the very second of the last update: such a time stands for the end of its second.
 */
function deletionTime(event: TicketEvent, known: TicketState | null, now: number): number {
  if (event.source === 'RECONCILE' && known !== null) return known.version;
  const occurred = Date.parse(event.occurredAt);
  const end = /[.,]\d/.test(event.occurredAt) ? occurred : occurred + 999;
  const updated = event.ticket === null ? Number.NaN : Date.parse(event.ticket.updatedAt);
  const believed = [end, updated].filter((time) => time <= now + aheadMs);
  const time = believed.length === 0 ? now : Math.max(...believed);
  return event.source === 'GATEWAY' ? time + ownDeletionMs : time;
}

const stale = (known: TicketState): Judgement => ({
  stale: true,
  contested: false,
  before: known.attributes,
  after: known.attributes,
  state: known,
});

const attributesOf = ({ status, priority, assigneeId }: Ticket): FilterableAttributes => ({
  status,
  priority,
  assigneeId,
});

const sameAttributes = (a: FilterableAttributes, b: FilterableAttributes): boolean =>
  a.status === b.status && a.priority === b.priority && a.assigneeId === b.assigneeId;
