import type { ExecutionResult } from 'graphql';
import type { Backend, BackendSession } from '../domain/backend.ts';
import type { Caller } from '../domain/caller.ts';
import type { Clock } from '../domain/clock.ts';
import type { GatewayError } from '../domain/errors.ts';
import type { StreamMessage } from '../domain/event.ts';
import { createMeter, type CallPriority, type Operation } from '../domain/operation.ts';
import type { TraceContext } from '../domain/trace.ts';
import type { Webhook } from '../domain/webhook.ts';
import type { EventFeed } from '../events/feed/feed.ts';
import type { Resumption } from '../events/feed/resumption.ts';
import { AnswerNotes } from '../graphql/answer-notes.ts';
import type { GatewayContext } from '../graphql/context.ts';
import type { Identity } from './caller.ts';
import type { Draft } from './draft.ts';
import { plainTerms, type HeaderOf, type OperationTerms } from './terms.ts';

/** What a transport knows of whoever sent an operation. */
export interface OperationSource {
  readonly identity: Identity;
  /** Whose turn it is when calls must wait: `Operation.client`. */
  readonly client: string;
  /** Aborted when whoever asked has gone. */
  readonly signal: AbortSignal;
  readonly traceId: string;
  /** Where it is in that trace. @default at its beginning */
  readonly trace?: TraceContext;
  /** What the transport says for its operations beside their own `extensions`. */
  readonly header: HeaderOf;
  readonly resumption: Resumption;
  /** Whether it can take more than one answer. */
  readonly streams: boolean;
  /** Whether it can take one answer in parts. @default false */
  readonly parts?: boolean;
  /** Where the answer may be kept, to be sent again. @default it is not */
  readonly draft?: Draft;
  /** Tells the transport that a subscription stands. */
  readonly began: (subscription: BegunSubscription) => void;
}

/** A subscription that stands, for a transport that executes its events itself. */
export interface BegunSubscription {
  /** What its client gives each event to be executed in, in milliseconds; null: it does not say. */
  readonly deadlineMs: number | null;
  /**
   * What a message comes to for its document and variables. Never throws or rejects.
   * @param source on whose behalf it is executed: the subscriber, or what stands for many of one caller
   */
  readonly resultOf: (
    message: StreamMessage,
    source: OperationSource,
  ) => ExecutionResult | Promise<ExecutionResult>;
}

export interface ContextParts {
  readonly backend: Backend;
  /** @param caller null: nobody said who they are */
  readonly events: (caller: Caller | null) => EventFeed;
  /** The caller's field definitions, kept across operations. */
  readonly definitions: (
    scope: string,
    session: BackendSession,
    operation: Operation,
  ) => GatewayContext['definitions'];
  readonly once: GatewayContext['once'];
  /** Whether a webhook of a workspace is how this gateway hears of changes. @default none is */
  readonly feeds?: (workspaceId: string, webhook: Webhook) => boolean;
  readonly clock: Clock;
  /** Milliseconds an operation may take whose client does not say. */
  readonly deadlineMs: number;
  /** Whether queries take the last known answer where the backend cannot be asked. @default false */
  readonly staleIfLimited?: boolean;
}

/**
 * Whom an operation is executed for. EVENT: one event of a subscription; its messages have no `extensions` to say in
 * that they are stale, so they never are.
 */
export type ContextPurpose = Exclude<CallPriority, 'BACKGROUND'> | 'EVENT';

/** Makes the context of an operation; called again for each event of a subscription. */
export type ContextFactory = (
  source: OperationSource,
  purpose: ContextPurpose,
  terms: OperationTerms,
) => GatewayContext;

export function createContextFactory(parts: ContextParts): ContextFactory {
  const { backend, events, definitions, once, clock, feeds = () => false } = parts;
  return (source, purpose, terms) => {
    const { deadlineMs, noCache, readAfter } = terms;
    const draft = purpose === 'QUERY' && terms === plainTerms ? source.draft : undefined;
    const { caller, fault } = source.identity;
    const meter = createMeter();
    const notes = new AnswerNotes();
    const priority = purpose === 'MUTATION' ? 'MUTATION' : 'QUERY';
    const begin = (signal: AbortSignal): Operation => ({
      priority,
      client: source.client,
      signal,
      deadline: clock.now() + (deadlineMs ?? parts.deadlineMs),
      traceId: source.traceId,
      ...(source.trace && { trace: source.trace }),
      meter,
    });
    const operation: Operation = {
      ...begin(source.signal),
      noCache,
      ...(readAfter !== null && { readAfter }),
      staleIfLimited: parts.staleIfLimited === true && purpose === 'QUERY' && !noCache,
      ...(draft && { rests: draft.rests }),
      servedStale: ({ question, ageMs }) => notes.servedStale(question, ageMs),
      told: (cursor) => {
        notes.readAfter = cursor;
      },
    };
    const common = { operation, notes, backend, events: events(caller), once, resumption: source.resumption };
    if (caller === null) {
      const session = lockedSession(fault);
      return {
        ...common,
        caller,
        session,
        freshSession: () => session,
        definitions: lockedDefinitions(fault),
        feeds: () => false,
      };
    }
    const session = backend.session(caller, operation);
    return {
      ...common,
      caller,
      session,
      freshSession: (signal) => {
        const deadline = clock.now() + parts.deadlineMs;
        return backend.session(caller, { ...begin(signal), client: ownClient, deadline });
      },
      definitions: definitions(caller.scope, session, operation),
      feeds: (webhook) => feeds(caller.workspaceId, webhook),
    };
  };
}

/** Whose turn it is where the gateway asks for all who listen with a key. */
const ownClient = 'gateway:listeners';

/** Whatever is asked of it, the answer is the fault. */
function lockedSession(fault: GatewayError): BackendSession {
  const refuse = (): never => {
    throw fault;
  };
  return {
    get tickets() {
      return refuse();
    },
    get ticketFields() {
      return refuse();
    },
    get ticketFieldOptions() {
      return refuse();
    },
    get webhooks() {
      return refuse();
    },
  };
}

function lockedDefinitions(fault: GatewayError): GatewayContext['definitions'] {
  const refuse = () => Promise.reject(fault);
  return { all: refuse, byId: refuse, byKey: refuse, forget: () => undefined, staleMs: null };
}
