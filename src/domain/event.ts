import type { Ticket, Unknown } from './ticket.ts';

export const ticketEventTypes = [
  'TICKET_CREATED',
  'TICKET_UPDATED',
  'TICKET_DELETED',
  'TICKET_ASSIGNMENT_CHANGED',
  'TICKET_RESOLVED',
] as const;
export const eventSources = ['WEBHOOK', 'RECONCILE', 'GATEWAY'] as const;
export const gapReasons = ['CURSOR_EXPIRED', 'SLOW_CONSUMER', 'EVENTS_LOST', 'SOURCE_RESTARTED'] as const;

export type TicketEventType = (typeof ticketEventTypes)[number];
export type EventSource = (typeof eventSources)[number];
export type GapReason = (typeof gapReasons)[number];

/** What a source may tell of a ticket, and need not. */
export const optionalAttributes = [
  'priority',
  'type',
  'assigneeId',
  'requesterEmail',
  'requesterName',
  'tags',
  'customFields',
] as const satisfies readonly (keyof Ticket)[];
export type OptionalAttribute = (typeof optionalAttributes)[number];

/** Something that happened to a ticket, in our words. */
export interface TicketEvent {
  /** The delivery's `webhook-id`; for other sources an id of the gateway's own. */
  readonly eventId: string;
  readonly type: TicketEventType | Unknown;
  /** The type in the source's spelling. */
  readonly typeRaw: string;
  readonly ticketId: string;
  /** The ticket as the event carried it; null where it carried none. */
  readonly ticket: Ticket | null;
  /** Attributes of `ticket` that the source left out; they are null or empty there. Not there: it left out none. */
  readonly absent?: readonly OptionalAttribute[];
  /** ISO 8601, as the source says. */
  readonly occurredAt: string;
  readonly source: EventSource;
  /**
   * Which way it came: a digest of the secret that signed the delivery, `gateway` or `reconcile`. One change that comes
   * by two channels is one event; what comes twice by one channel under two ids is two.
   */
  readonly channel: string;
}

/** The attributes of a ticket that a subscription can filter by. */
export type FilterableAttributes = Pick<Ticket, 'status' | 'priority' | 'assigneeId'>;

/** One entry of a workspace's event log. */
export interface EventRecord {
  /** Opaque; resumes a subscription right after this record. */
  readonly cursor: string;
  readonly event: TicketEvent;
  /** When the gateway took it in; ISO 8601 UTC. */
  readonly receivedAt: string;
  /** It is older than what the log already held of this ticket. */
  readonly stale: boolean;
  /** The ticket before this event, as known when it was appended; null: not known (counts as having matched). */
  readonly before: FilterableAttributes | null;
  /** The ticket after this event; null: deleted, or not known. */
  readonly after: FilterableAttributes | null;
}

/** What a subscriber asks for. An absent member does not restrict. */
export interface TicketEventFilter {
  readonly types: readonly (TicketEventType | Unknown)[];
  readonly ticketIds?: readonly string[];
  readonly status?: readonly Ticket['status'][];
  readonly priority?: readonly NonNullable<Ticket['priority']>[];
  readonly assigneeIds?: readonly string[];
  readonly includeStale: boolean;
}

/** What a subscription delivers. READY is always first; a GAP stands wherever events may have been lost. */
export type StreamMessage =
  | {
      readonly kind: 'READY';
      readonly cursor: string;
      readonly resumed: boolean;
      readonly replayCount: number;
    }
  | {
      readonly kind: 'GAP';
      readonly cursor: string;
      readonly reason: GapReason;
      readonly since: string | null;
    }
  | {
      readonly kind: 'EVENT';
      readonly cursor: string;
      readonly record: EventRecord;
      /** false: the ticket matched before this event and does not any more. */
      readonly matchesFilter: boolean;
      /** It was in the log before this subscription began. */
      readonly replayed: boolean;
    };
