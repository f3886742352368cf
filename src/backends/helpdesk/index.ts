import type { Backend, BackendCapabilities } from '../../domain/backend.ts';
import { systemClock, type Clock } from '../../domain/clock.ts';
import type { Log } from '../../domain/log.ts';
import type { Telemetry } from '../../domain/telemetry.ts';
import { ticketOrderFields } from '../../domain/ticket.ts';
import type { LimiterRegistry } from '../../rate-limit/limiter.ts';
import { createBreaker } from '../breaker.ts';
import { createTransport } from '../transport.ts';
import type { CustomFieldsOnPut } from './custom-fields-update.ts';
import { createRestClient } from './http.ts';
import { maxPageSize } from './pages.ts';
import { createReceiver } from './receiver.ts';
import { createTicketFieldOptions } from './ticket-field-options.ts';
import { createTicketFields } from './ticket-fields.ts';
import { createTicketUpdate } from './ticket-update.ts';
import { createTickets } from './tickets.ts';
import { createWebhooks } from './webhooks.ts';

export interface HelpdeskOptions {
  /** Base URL of the API, `https://…/helpdesk/api/v1`; plain http on loopback only. */
  readonly url: string;
  readonly rateLimit: LimiterRegistry;
  readonly log: Log;
  /** @default the machine's */
  readonly clock?: Clock;
  /** What a PUT does to custom fields that it does not name. @default 'merge' */
  readonly customFieldsOnPut?: CustomFieldsOnPut;
  /**
   * Milliseconds for one attempt at most; one that may be repeated gets half of what is left until the deadline
   * if that is less. @default 10_000
   */
  readonly attemptTimeoutMs?: number;
  /** Milliseconds to get a connection, TLS included. @default 5_000 */
  readonly connectTimeoutMs?: number;
  /** Bytes of an answer's body at most. @default 10_485_760 */
  readonly maxBodyBytes?: number;
  /** @default nobody watches */
  readonly telemetry?: Telemetry | undefined;
  /** Spreads retries; from 0 up to, not including, 1. @default Math.random */
  readonly random?: () => number;
}

const capabilities: BackendCapabilities = {
  maxPageSize,
  pushdownFilters: ['status', 'priority', 'assigneeId'],
  orderFields: ticketOrderFields,
  // The helpdesk's own automations close tickets; by hand it is refused.
  writableStatuses: ['NEW', 'OPEN', 'PENDING', 'RESOLVED'],
};

/** ky would check and copy them four times for each request. */
const commonHeaders = {
  accept: 'application/json',
  // A compressed body would have to be unpacked under the bound on its size; JSON pages are small.
  'accept-encoding': 'identity',
  'user-agent': 'helpdesk-graphql-gateway',
};

/**
 * The Helpdesk REST API as a backend.
 * @throws TypeError for a URL over which keys could leak
 */
export function createHelpdeskBackend(options: HelpdeskOptions): Backend {
  const { url, rateLimit, log, clock = systemClock } = options;
  const transport = createTransport({
    url,
    headers: commonHeaders,
    ...(options.connectTimeoutMs === undefined ? {} : { connectTimeoutMs: options.connectTimeoutMs }),
    ...(options.maxBodyBytes === undefined ? {} : { maxBodyBytes: options.maxBodyBytes }),
  });
  const breaker = createBreaker({ clock, log, host: new URL(url).host });
  const client = createRestClient({
    url,
    transport,
    breaker,
    rateLimit,
    log,
    clock,
    telemetry: options.telemetry,
    attemptTimeoutMs: options.attemptTimeoutMs ?? 10_000,
    random: options.random ?? Math.random,
  });
  return {
    kind: 'HELPDESK',
    capabilities,
    receiver: createReceiver(),
    session(caller, operation) {
      const rest = client(caller, operation);
      const update = createTicketUpdate({
        customFieldsOnPut: options.customFieldsOnPut ?? 'merge',
        operation,
        restFor: (other) => client(caller, other),
        clock,
        log,
      });
      return {
        tickets: createTickets(rest, clock, update),
        ticketFields: createTicketFields(rest),
        ticketFieldOptions: createTicketFieldOptions(rest),
        webhooks: createWebhooks(rest),
      };
    },
    budget: (caller) => rateLimit.of(caller.keyId).budget(),
    status: () => breaker.status(),
    close: () => transport.close(),
  };
}
