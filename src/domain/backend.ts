import type { Caller } from './caller.ts';
import type { TicketEvent } from './event.ts';
import type { Operation } from './operation.ts';
import type { Page, PageRequest } from './page.ts';
import type {
  Ticket,
  TicketFilter,
  TicketInput,
  TicketOrder,
  TicketOrderField,
  TicketPatch,
  TicketStatus,
} from './ticket.ts';
import type {
  TicketField,
  TicketFieldInput,
  TicketFieldOption,
  TicketFieldOptionInput,
  TicketFieldOptionPatch,
  TicketFieldOrder,
  TicketFieldPatch,
} from './ticket-field.ts';
import type { CreatedWebhook, Webhook, WebhookInput, WebhookPatch } from './webhook.ts';

export const backendKinds = ['HELPDESK', 'ZENDESK', 'HELP_SCOUT'] as const;
export type BackendKind = (typeof backendKinds)[number];

/** What differs between helpdesks and the layers above must know. */
export interface BackendCapabilities {
  /** Rows a backend page holds at most. */
  readonly maxPageSize: number;
  /** Members of `TicketFilter` that the backend applies itself. */
  readonly pushdownFilters: readonly (keyof TicketFilter)[];
  readonly orderFields: readonly TicketOrderField[];
  /** Statuses a person may set; the others are the backend's own to set. */
  readonly writableStatuses: readonly TicketStatus[];
}

/**
 * The budget of one key, as the backend's own headers tell it.
 * `remaining` is never more than what the backend would still allow.
 */
export interface Budget {
  /** Requests in a window. */
  readonly limit: number;
  readonly remaining: number;
  /** Milliseconds since the epoch. */
  readonly resetAt: number;
  /** When the backend last said so; milliseconds since the epoch. */
  readonly observedAt: number;
  /** Calls that wait for their turn now. */
  readonly queued: number;
}

/** Whether the backend is let alone because it keeps failing. */
export interface BackendStatus {
  /**
   * CLOSED: calls go through. OPEN: they are refused at once, BACKEND_UNAVAILABLE, nothing sent. HALF_OPEN: the same,
   * while a single call finds out whether it is back.
   */
  readonly circuit: 'CLOSED' | 'OPEN' | 'HALF_OPEN';
  /** Of the last change; milliseconds since the epoch. */
  readonly since: number;
  /** While OPEN, from when on a call is let through to try; milliseconds since the epoch, and then in the past. */
  readonly nextTrialAt: number | null;
}

/**
 * A helpdesk. The layers above know nothing else of it.
 * Every method of a session rejects with `BackendError` (or `GatewayError` where nothing was sent) and nothing else,
 * except with the operation's abort reason once its signal is aborted. A write that has begun to leave is not given up
 * for that, and its fate is told all the same: the abort reason means that it was not carried out.
 */
export interface Backend {
  readonly kind: BackendKind;
  readonly capabilities: BackendCapabilities;
  readonly receiver: WebhookReceiver;
  /** What one operation may ask on behalf of one caller. Cheap, makes no request. */
  session(caller: Caller, operation: Operation): BackendSession;
  /** Spends nothing; null until a first answer to this key was seen. */
  budget(caller: Caller): Budget | null;
  /** Makes no request. */
  status(): BackendStatus;
  /** Ends pooled connections. Nothing may be called afterwards. */
  close(): Promise<void>;
}

/** What must hold for an update to be carried out. */
export interface UpdateCondition {
  /**
   * The `updatedAt` that the caller knows, ISO 8601. If the ticket's own is another instant, nothing is written:
   * PRECONDITION_FAILED, with the ticket's as `details.updatedAt`. How far the check and the write are one step is
   * the backend's affair; where they are two, the write is never repeated without another check between.
   */
  readonly ifUpdatedAt: string;
}

/** Reads answer null for what does not exist; writes reject with NOT_FOUND. */
export interface BackendSession {
  readonly tickets: {
    /**
     * @param query.onUnreadable is told where a row breaks the contract; the row is left out then. Without it, or where
     * no row of a page can be read, the list rejects.
     */
    list(query: {
      filter: TicketFilter;
      order: TicketOrder;
      page: PageRequest;
      onUnreadable?: (attribute: string) => void;
    }): Promise<Page<Ticket>>;
    get(id: string): Promise<Ticket | null>;
    create(input: TicketInput): Promise<Ticket>;
    update(id: string, patch: TicketPatch, condition?: UpdateCondition): Promise<Ticket>;
    delete(id: string): Promise<void>;
  };
  readonly ticketFields: {
    list(query: { active?: boolean; order: TicketFieldOrder; page: PageRequest }): Promise<Page<TicketField>>;
    get(id: string): Promise<TicketField | null>;
    create(input: TicketFieldInput): Promise<TicketField>;
    update(id: string, patch: TicketFieldPatch): Promise<TicketField>;
    delete(id: string): Promise<void>;
  };
  readonly ticketFieldOptions: {
    list(fieldId: string, page: PageRequest): Promise<Page<TicketFieldOption>>;
    get(fieldId: string, id: string): Promise<TicketFieldOption | null>;
    create(fieldId: string, option: TicketFieldOptionInput): Promise<TicketFieldOption>;
    update(fieldId: string, id: string, patch: TicketFieldOptionPatch): Promise<TicketFieldOption>;
    delete(fieldId: string, id: string): Promise<void>;
  };
  readonly webhooks: {
    list(page: PageRequest): Promise<Page<Webhook>>;
    get(id: string): Promise<Webhook | null>;
    create(input: WebhookInput): Promise<CreatedWebhook>;
    update(id: string, patch: WebhookPatch): Promise<Webhook>;
    delete(id: string): Promise<void>;
  };
}

/** A delivery as it came in, nothing parsed. */
export interface RawDelivery {
  /** Looks a header up by its lower-case name. */
  readonly header: (name: string) => string | null;
  readonly body: Uint8Array;
}

export type DeliveryResult =
  | { readonly ok: true; readonly event: TicketEvent }
  | {
      readonly ok: false;
      /** UNSIGNED: a signature header is missing. FORGED: none matches. UNTIMELY: signed too long ago or ahead. UNREADABLE: genuine, and not understood. */
      readonly reason: 'UNSIGNED' | 'FORGED' | 'UNTIMELY' | 'UNREADABLE';
    };

/** Tells genuine deliveries from others and puts them in our words. Pure: no I/O, no state. */
export interface WebhookReceiver {
  /**
   * @param secrets every secret that may have signed it (several during a rotation)
   * @param now milliseconds since the epoch
   */
  receive(delivery: RawDelivery, secrets: readonly string[], now: number): DeliveryResult;
  /** How far the sender's clock may be from ours, either way; milliseconds. Beyond it deliveries are UNTIMELY. */
  readonly toleranceMs: number;
  /** The `channel` of events whose deliveries this secret signed. */
  channelOf(secret: string): string;
}
