import type { Backend, BackendSession } from '../domain/backend.ts';
import type { Clock } from '../domain/clock.ts';
import type { GatewayError } from '../domain/errors.ts';
import { createMeter, type CallPriority, type Meter, type Operation } from '../domain/operation.ts';
import type { EventFeed } from '../events/feed.ts';
import type { GatewayContext } from '../graphql/context.ts';
import type { Identity } from './caller.ts';

/** What a transport knows of whoever sent an operation. */
export interface OperationSource {
  readonly identity: Identity;
  /** Whose turn it is when calls must wait: `Operation.client`. */
  readonly client: string;
  /** Aborted when whoever asked has gone. */
  readonly signal: AbortSignal;
  readonly traceId: string;
  /** `X-Deadline-Ms` as it came; null: none came, or the transport has no headers for an operation. */
  readonly deadlineHeader: string | null;
  /** `Last-Event-ID`: the last message that an event stream which was cut has seen; null: none came. */
  readonly lastEventId: string | null;
  /** Whether it can take more than one answer. */
  readonly streams: boolean;
}

export interface ContextParts {
  readonly backend: Backend;
  readonly events: EventFeed;
  /** The caller's field definitions, kept across operations. */
  readonly definitions: (
    scope: string,
    session: BackendSession,
    meter: Meter,
  ) => GatewayContext['definitions'];
  readonly once: GatewayContext['once'];
  readonly clock: Clock;
  /** Milliseconds an operation may take whose client does not say. */
  readonly deadlineMs: number;
}

/**
 * Makes the context of an operation; called again for each event of a subscription.
 * @param deadlineMs what the client gives it; null: it does not say
 */
export type ContextFactory = (
  source: OperationSource,
  priority: CallPriority,
  deadlineMs: number | null,
) => GatewayContext;

export function createContextFactory(parts: ContextParts): ContextFactory {
  const { backend, events, definitions, once, clock } = parts;
  return (source, priority, deadlineMs) => {
    const { caller, fault } = source.identity;
    const operation: Operation = {
      priority,
      client: source.client,
      signal: source.signal,
      deadline: clock.now() + (deadlineMs ?? parts.deadlineMs),
      traceId: source.traceId,
      meter: createMeter(),
    };
    const common = { operation, backend, events, once, resumeAfter: source.lastEventId };
    if (caller === null) {
      return { ...common, caller, session: lockedSession(fault), definitions: lockedDefinitions(fault) };
    }
    const session = backend.session(caller, operation);
    return { ...common, caller, session, definitions: definitions(caller.scope, session, operation.meter) };
  };
}

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
  return { all: refuse, byId: refuse, byKey: refuse, forget: () => undefined };
}
