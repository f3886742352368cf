import { getOperationAST, GraphQLError, OperationTypeNode, type ExecutionArgs } from 'graphql';
import { makeServer, type SubscribePayload } from 'graphql-ws';
import { GatewayError } from '../domain/errors.ts';
import type { Log } from '../domain/log.ts';
import { toGraphQLError } from '../graphql/errors.ts';
import { connectionCredentials, type Authenticator, type Identity } from './caller.ts';
import { clientOf } from './client.ts';
import type { GraphQLOverHttp } from './graphql-over-http.ts';
import type { Lanes } from './lanes.ts';
import type { OperationSource } from './operation.ts';
import { formatError, formatResult, presentErrors } from './results.ts';
import { createSocketOperations } from './socket-operations.ts';
import { traceIdOf } from './trace.ts';

/** What is kept of one socket. */
export interface Connection {
  /** Whose turn its calls take, if it gives itself no name: as `ClientAddress` gave it. */
  readonly address: string;
  readonly lanes: Lanes;
  /** Known from `connection_init` on. */
  source: Pick<OperationSource, 'identity' | 'client'> | null;
  /** Why the socket closes once the next message is out; null: it stays. */
  closeAfterNext: string | null;
  readonly close: (code: number, reason: string) => void;
}

export interface GraphQLOverWebSocketOptions {
  readonly graphql: Pick<GraphQLOverHttp, 'getEnveloped'>;
  readonly authenticate: Authenticator;
  readonly log: Log;
  /** Milliseconds until a socket must have said `connection_init`. */
  readonly initTimeoutMs: number;
  /** Operations at a time on one socket. */
  readonly maxOperations: number;
}

/** Forbidden: whoever it is may not use this socket (GraphQL over WebSocket). Clients do not reconnect on it. */
export const forbidden = 4403;

/** The protocol's half of a socket: what is said, not how it travels. */
export function createGraphQLOverWebSocket(options: GraphQLOverWebSocketOptions) {
  const { graphql, authenticate, log, initTimeoutMs, maxOperations } = options;
  const { prepare, execute, subscribe } = createSocketOperations(graphql);
  const traces = new WeakMap<SubscribePayload, string>();
  const present = (payload: SubscribePayload) => ({ traceId: traces.get(payload) ?? traceIdOf(null), log });

  const sourceOf = (
    { source, lanes, address }: Connection,
    id: string,
    payload: SubscribePayload,
  ): OperationSource => {
    const parent = payload.extensions?.['traceparent'];
    const traceId = traceIdOf(typeof parent === 'string' ? parent : null);
    traces.set(payload, traceId);
    const { identity, client } = source ?? { identity: nobody, client: address };
    const signal = lanes.signalOf(id);
    return { identity, client, signal, traceId, deadlineHeader: null, lastEventId: null, streams: true };
  };

  return makeServer<Record<string, unknown>, Connection>({
    connectionInitWaitTimeout: initTimeoutMs,
    onConnect: ({ connectionParams, extra }) => {
      const credentials = connectionCredentials(connectionParams);
      const identity = authenticate(credentials);
      if (identity.fault) {
        extra.close(forbidden, identity.fault.code);
        return false;
      }
      extra.source = { identity, client: clientOf(credentials, extra.address) };
      return true;
    },
    onSubscribe: ({ extra }, id, payload) => {
      const source = sourceOf(extra, id, payload);
      return extra.lanes.size > maxOperations ? [tooMany(maxOperations)] : prepare(payload, source);
    },
    execute,
    subscribe,
    onNext: ({ extra }, _id, payload, args, result) => {
      if (!result.errors?.length) return undefined;
      const { errors = [], ...rest } = presentErrors(result, present(payload));
      extra.closeAfterNext ??= closingFault(errors, isSubscription(args));
      return formatResult({ ...rest, errors });
    },
    onError: ({ extra }, id, payload, errors) => {
      extra.lanes.finish(id);
      const presented = errors.map((error) => toGraphQLError(error, present(payload)));
      extra.closeAfterNext ??= closingFault(presented, false);
      return presented.map(formatError);
    },
    onComplete: ({ extra }, id) => extra.lanes.finish(id),
  });
}

export type GraphQLOverWebSocket = ReturnType<typeof createGraphQLOverWebSocket>;

const isSubscription = ({ document, operationName }: ExecutionArgs): boolean =>
  getOperationAST(document, operationName)?.operation === OperationTypeNode.SUBSCRIPTION;

/**
 * The code to close with: the key is no good for anything on this socket, or, where it wants to listen, not for this
 * workspace. null: the socket may stay.
 */
function closingFault(errors: readonly GraphQLError[], listening: boolean): string | null {
  const fault = errors.find(({ path, extensions: { code, category } }) => {
    const ofSocket = code === 'INVALID_API_KEY' || code === 'MISSING_WORKSPACE';
    return ofSocket || (listening && category === 'AUTH' && (path?.length ?? 0) <= 1);
  });
  return fault?.extensions.code ?? null;
}

const nobody: Identity = {
  caller: null,
  fault: new GatewayError('INVALID_API_KEY', 'The socket has not said who it is.'),
};

const tooMany = (max: number): GraphQLError =>
  new GraphQLError('Too many operations.', {
    originalError: new GatewayError(
      'INVALID_REQUEST',
      `A socket carries ${max} operations at a time. End one, or open another socket.`,
    ),
  });
