import type { GatewayConfig } from './config/config.ts';
import type { Clock } from './domain/clock.ts';
import type { Log } from './domain/log.ts';
import type { GatewayDocuments } from './gateway-documents.ts';
import type { Authenticator } from './http/caller.ts';
import type { GraphQLOverHttp } from './http/graphql-over-http.ts';
import type { GatewayLimits } from './http/limits.ts';
import { createSockets, type Sockets } from './http/sockets/sockets.ts';
import type { GatewayTelemetry } from './telemetry/open.ts';

export interface SocketServerParts {
  readonly config: Pick<GatewayConfig, 'maxSocketsPerKey' | 'maxSocketsPerAddress'>;
  readonly documents: Pick<GatewayDocuments, 'documentOf'>;
  readonly limits: GatewayLimits;
  readonly log: Log;
  readonly clock: Clock;
  readonly telemetry: Pick<GatewayTelemetry, 'watch'>;
}

/** GraphQL over WebSocket, within the gateway's limits. */
export function createSocketServer(
  { config, documents, log, clock, limits, telemetry }: SocketServerParts,
  graphql: GraphQLOverHttp,
  authenticate: Authenticator,
): Sockets {
  return createSockets({
    graphql,
    documentOf: documents.documentOf,
    authenticate,
    clock,
    log,
    initTimeoutMs: limits.socketInitMs,
    maxOperations: limits.maxOperationsPerSocket,
    maxMessageBytes: limits.maxMessageBytes,
    maxSockets: limits.maxSockets,
    maxSocketsPerKey: config.maxSocketsPerKey,
    maxSocketsPerAddress: config.maxSocketsPerAddress,
    pingMs: limits.socketPingMs,
    drainMs: limits.socketDrainMs,
    answersMs: limits.socketAnswersMs,
    told: telemetry.watch?.told,
    refused: telemetry.watch?.refused,
  });
}
