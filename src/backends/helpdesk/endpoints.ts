import type { ApiLevel } from '../../domain/caller.ts';
import { badInput } from '../../domain/errors.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** What an endpoint is about, by the name of the object that wraps it in bodies. */
export type Resource = 'ticket' | 'ticketField' | 'option' | 'webhook';

export interface Endpoint {
  readonly method: Method;
  /** Path below the base URL; `:id` and `:fieldId` stand for ids. Shown to clients as it is. */
  readonly path: string;
  readonly resource: Resource;
  /** What a key must be allowed. */
  readonly level: ApiLevel;
}

const endpoint = (method: Method, path: string, resource: Resource, level: ApiLevel): Endpoint => ({
  method,
  path,
  resource,
  level,
});

/**
 * Every endpoint that is used. The paths of options are not documented; these are assumed, and only here.
 */
export const endpoints = {
  listTickets: endpoint('GET', '/tickets', 'ticket', 'READ'),
  getTicket: endpoint('GET', '/tickets/:id', 'ticket', 'READ'),
  createTicket: endpoint('POST', '/tickets', 'ticket', 'WRITE'),
  updateTicket: endpoint('PUT', '/tickets/:id', 'ticket', 'WRITE'),
  deleteTicket: endpoint('DELETE', '/tickets/:id', 'ticket', 'WRITE'),
  listTicketFields: endpoint('GET', '/ticket_fields', 'ticketField', 'READ'),
  getTicketField: endpoint('GET', '/ticket_fields/:id', 'ticketField', 'READ'),
  createTicketField: endpoint('POST', '/ticket_fields', 'ticketField', 'ADMIN'),
  updateTicketField: endpoint('PUT', '/ticket_fields/:id', 'ticketField', 'ADMIN'),
  deleteTicketField: endpoint('DELETE', '/ticket_fields/:id', 'ticketField', 'ADMIN'),
  listOptions: endpoint('GET', '/ticket_fields/:fieldId/options', 'option', 'READ'),
  getOption: endpoint('GET', '/ticket_fields/:fieldId/options/:id', 'option', 'READ'),
  createOption: endpoint('POST', '/ticket_fields/:fieldId/options', 'option', 'ADMIN'),
  updateOption: endpoint('PUT', '/ticket_fields/:fieldId/options/:id', 'option', 'ADMIN'),
  deleteOption: endpoint('DELETE', '/ticket_fields/:fieldId/options/:id', 'option', 'ADMIN'),
  listWebhooks: endpoint('GET', '/webhooks', 'webhook', 'ADMIN'),
  getWebhook: endpoint('GET', '/webhooks/:id', 'webhook', 'ADMIN'),
  createWebhook: endpoint('POST', '/webhooks', 'webhook', 'ADMIN'),
  updateWebhook: endpoint('PUT', '/webhooks/:id', 'webhook', 'ADMIN'),
  deleteWebhook: endpoint('DELETE', '/webhooks/:id', 'webhook', 'ADMIN'),
} as const satisfies Readonly<Record<string, Endpoint>>;

/** The ids a path names. */
export interface PathIds {
  readonly id?: string;
  readonly fieldId?: string;
}

/** What ids of the helpdesk look like (`tkt_abc123`, `system_status`): nothing that means anything in a URL. */
const idPattern = /^[A-Za-z0-9_-]{1,128}$/;

/**
 * The path with its ids put in, each as exactly one segment.
 * @throws GatewayError BAD_USER_INPUT, with the member of `ids` as its field, for what cannot be an id
 */
export function pathOf({ path }: Endpoint, ids: PathIds): string {
  return path.replace(/:(id|fieldId)/g, (_placeholder, name: 'id' | 'fieldId') => {
    const id = ids[name];
    if (id === undefined || !idPattern.test(id)) throw badInput([name], 'Not an id of this helpdesk.');
    // The pattern leaves nothing to encode. Encoding is here for the day somebody widens the pattern.
    return encodeURIComponent(id);
  });
}
