import {
  getOperationAST,
  GraphQLError,
  OperationTypeNode,
  type ExecutionArgs,
  type ExecutionResult,
} from 'graphql';
import { makeServer, type SubscribePayload } from 'graphql-ws';
import type { Clock } from '../../domain/clock.ts';
import { GatewayError } from '../../domain/errors.ts';
import type { Log } from '../../domain/log.ts';
import type { Telemetry } from '../../domain/telemetry.ts';
import { toGraphQLError } from '../../graphql/errors.ts';
import { connectionCredentials, type Authenticator, type Identity } from '../caller.ts';
import { clientOf } from '../client.ts';
import type { GraphQLOverHttp } from '../graphql-over-http.ts';
import { createFanOut, type FanOutOptions } from './fan-out.ts';
import type { SharedResult } from './fan-out-member.ts';
import { createLiveOperations, type Carriage } from './live-operations.ts';
import { readResumeFrom } from './low-water-mark.ts';
import { createSocketTokens, forbidden, type SocketTokens, type TokenHolder } from './socket-token.ts';
import type { OperationSource } from '../operation.ts';
import { errorsOf, formatError, formatResult, presentErrors } from '../results.ts';
import { createSocketOperations } from './socket-operations.ts';
import { traceIdOf, traceOf } from '../trace.ts';
import type { DocumentOf } from '../trusted-documents.ts';
import type { Turns } from './turns.ts';

/** What is kept of one socket. */
export interface Connection extends Carriage, TokenHolder {
  /** Whose turn its calls take, if it gives itself no name: as `ClientAddress` gave it. */
  readonly address: string;
  resumeFrom: string | null;
  /** The key that the socket was counted for; null: none. */
  keyId: string | null;
  /** Why the socket closes once the next message is out; null: it stays. */
  closeAfterNext: string | null;
}

export interface GraphQLOverWebSocketOptions {
  readonly graphql: Pick<GraphQLOverHttp, 'getEnveloped'>;
  readonly documentOf: DocumentOf;
  readonly authenticate: Authenticator;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds until a socket must have said `connection_init`. */
  readonly initTimeoutMs: number;
  /** Operations at a time on one socket. */
  readonly maxOperations: number;
  /** Counts a socket for its key; false: the key has too many. */
  readonly enterKey: (keyId: string) => boolean;
  readonly turns: Turns;
  /** Told why a socket is not let in. @default nobody is */
  readonly refused?: Telemetry['refused'] | undefined;
  /** Told of each message that a subscriber is given. @default nobody is */
  readonly told?: FanOutOptions['told'] | undefined;
}

const badRequest = 4400;
/** Try again later (IANA's registry of close codes): clients that find it do. */
const tryAgainLater = 1013;

/** The protocol's half of a socket: what is said, not how it travels. */
export function createGraphQLOverWebSocket(options: GraphQLOverWebSocketOptions) {
  const { graphql, authenticate, clock, log, initTimeoutMs, maxOperations, turns, told } = options;
  const tokens = createSocketTokens(authenticate, clock);
  const connect = createConnect(options, tokens);
  const { prepare, execute, subscribe } = createSocketOperations(graphql, options.documentOf);
  const presentShared = createSharedPresenter(log);
  const fanOut = createFanOut({ turns, present: presentShared, told });
  const live = createLiveOperations({ fanOut, present: presentShared });
  const sources = new WeakMap<SubscribePayload, OperationSource>();
  const present = (payload: SubscribePayload) => ({
    traceId: sources.get(payload)?.traceId ?? traceIdOf(null),
    log,
  });

  const sourceOf = (connection: Connection, id: string, payload: SubscribePayload): OperationSource => {
    const { source, lanes, address } = connection;
    const trace = traceOf(payload.extensions?.['traceparent'], payload.extensions?.['tracestate']);
    const { identity, client } = source ?? { identity: nobody, client: address };
    const signal = lanes.signalOf(id);
    const fixed = { header: noHeaders, streams: true, parts: true };
    const listener = live.listener(connection, id, payload);
    const traced = { traceId: trace.traceId, trace };
    const operation: OperationSource = { identity, client, signal, ...traced, ...fixed, ...listener };
    sources.set(payload, operation);
    return operation;
  };

  return makeServer<Record<string, unknown>, Connection>({
    connectionInitWaitTimeout: initTimeoutMs,
    onConnect: ({ connectionParams, extra }) => connect(extra, connectionParams),
    onPing: ({ extra }, payload) => tokens.renew(extra, payload),
    onSubscribe: async ({ extra }, id, payload) => {
      const source = sourceOf(extra, id, payload);
      const prepared =
        extra.lanes.size > maxOperations ? [tooMany(maxOperations)] : await prepare(payload, source);
      if (!('document' in prepared) || !isSubscription(prepared)) extra.lanes.locate(id, null);
      return prepared;
    },
    onOperation: async ({ extra }, id, payload, args, result) => {
      const source = sources.get(payload);
      const results = await result;
      return source === undefined ? results : live.results(extra, { id, payload, args, source }, results);
    },
    execute,
    subscribe,
    onNext: ({ extra }, _id, payload, args, result) => {
      if (errorsOf(result).length === 0) return undefined;
      const presented = presentErrors(result, present(payload));
      extra.closeAfterNext ??= closingFault(errorsOf(presented), isSubscription(args));
      return formatResult(presented);
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

type ConnectionParams = Readonly<Record<string, unknown>> | undefined;

/** Takes in what a client says of itself; false: it may not go on. */
function createConnect(
  {
    authenticate,
    enterKey,
    refused,
  }: Pick<GraphQLOverWebSocketOptions, 'authenticate' | 'enterKey' | 'refused'>,
  tokens: SocketTokens,
): (connection: Connection, params: ConnectionParams) => Promise<boolean> {
  const refuse = (connection: Connection, code: number, reason: string): void => {
    refused?.(reason);
    connection.close(code, reason);
  };
  return async (connection, params) => {
    const credentials = connectionCredentials(params);
    const identity = await authenticate(credentials);
    const resumeFrom = readResumeFrom(params);
    // It has gone meanwhile: nobody would take it out of the counts again.
    if (!connection.isOpen()) return false;
    if (identity.fault?.code === 'AUTH_UNAVAILABLE') refuse(connection, tryAgainLater, identity.fault.code);
    else if (identity.fault) refuse(connection, forbidden, identity.fault.code);
    else if (resumeFrom === undefined) connection.close(badRequest, 'resumeFrom is not a low-water mark');
    else if (!enterKey(identity.caller.keyId)) refuse(connection, tryAgainLater, 'TOO_MANY_SOCKETS');
    else {
      connection.keyId = identity.caller.keyId;
      connection.resumeFrom = resumeFrom;
      const { caller } = identity;
      connection.source = { identity, client: clientOf(credentials, connection.address, caller) };
      tokens.hold(connection, identity);
      return true;
    }
    return false;
  };
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

/** Errors of what is executed for many are presented once, with the trace of that execution: so the log has them once. */
function createSharedPresenter(log: Log) {
  /** A result without errors may be that of many replays. */
  const known = new WeakMap<ExecutionResult, SharedResult>();
  return (result: ExecutionResult, traceId: string): SharedResult => {
    const found = known.get(result);
    if (found !== undefined) return found;
    const presented = presentErrors(result, { traceId, log });
    const shared = {
      payload: Buffer.from(JSON.stringify(formatResult(presented))),
      fault: closingFault(presented.errors ?? [], true),
    };
    if (!result.errors?.length) known.set(result, shared);
    return shared;
  };
}

const noHeaders = (): null => null;

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
