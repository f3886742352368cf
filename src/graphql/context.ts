import type { Backend, BackendSession } from '../domain/backend.ts';
import type { Caller } from '../domain/caller.ts';
import type { Operation } from '../domain/operation.ts';
import type { Webhook } from '../domain/webhook.ts';
import type { EventFeed } from '../events/feed/feed.ts';
import type { Resumption } from '../events/feed/resumption.ts';
import type { Once } from '../idempotency/once.ts';
import type { AnswerNotes } from './answer-notes.ts';
import type { FieldDefinitions } from '../loaders/field-definitions.ts';

/**
 * What resolvers may use. One for each operation, and a fresh one for each event of a subscription,
 * so that nothing loaded for one event is shown with the next.
 */
export interface GatewayContext {
  /** null: nobody said who they are. Only introspection and fields marked `anonymous` run then. */
  readonly caller: Caller | null;
  readonly operation: Operation;
  /** What the answer is to say of itself. */
  readonly notes: AnswerNotes;
  readonly backend: Pick<Backend, 'kind' | 'capabilities' | 'budget'>;
  /** The backend on behalf of the caller. Reading it without a caller throws INVALID_API_KEY. */
  readonly session: BackendSession;
  /**
   * The same as an operation of its own, on this one's bill, for what outlives this one and what others rely on: it has
   * neither this one's deadline nor its turn. @param signal aborted when it is of no use any more
   */
  readonly freshSession: (signal: AbortSignal) => BackendSession;
  /** The definitions of the caller's ticket fields, read once and kept for a while for each key. */
  readonly definitions: FieldDefinitions;
  readonly events: EventFeed;
  readonly resumption: Resumption;
  /** Whether a webhook of the caller's workspace is how this gateway hears of changes. */
  readonly feeds: (webhook: Webhook) => boolean;
  /** Writes that happen once, however often they are asked for. */
  readonly once: Once;
}
