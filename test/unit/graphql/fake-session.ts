import type { BackendSession } from '../../../src/domain/backend.ts';
import type { TicketField, TicketFieldOption } from '../../../src/domain/ticket-field.ts';
import type { Ticket } from '../../../src/domain/ticket.ts';
import type { Webhook } from '../../../src/domain/webhook.ts';

const madeAt = '2026-11-20T08:00:00.000Z';

export const ticketOf = (id: string, changes: Partial<Ticket> = {}): Ticket => ({
  id,
  subject: 'Printer on fire',
  status: 'OPEN',
  statusRaw: 'open',
  priority: 'NORMAL',
  type: 'QUESTION',
  assigneeId: null,
  requesterEmail: 'ada@example.com',
  requesterName: 'Ada',
  tags: [],
  customFields: [],
  createdAt: madeAt,
  updatedAt: madeAt,
  fetchedAt: madeAt,
  ...changes,
});

export const optionOf = (
  fieldId: string,
  id: string,
  changes: Partial<TicketFieldOption> = {},
): TicketFieldOption => ({
  id,
  fieldId,
  label: 'Low',
  value: 'low',
  position: 0,
  ...changes,
});

export const fieldOf = (id: string, changes: Partial<TicketField> = {}): TicketField => ({
  id,
  key: `key_of_${id}`,
  title: 'A field',
  type: 'TEXT',
  description: null,
  position: 0,
  active: true,
  system: false,
  requiredForAgents: false,
  requiredForEndUsers: false,
  visibleToEndUsers: true,
  editableByEndUsers: true,
  regexPattern: null,
  defaultValue: null,
  options: null,
  createdAt: madeAt,
  updatedAt: madeAt,
  ...changes,
});

export const webhookOf = (id: string, changes: Partial<Webhook> = {}): Webhook => ({
  id,
  name: 'Live',
  targetUrl: 'https://example.com/hook',
  events: ['TICKET_CREATED'],
  eventsRaw: ['ticket.created'],
  active: true,
  createdAt: madeAt,
  updatedAt: madeAt,
  ...changes,
});

/** A call that reached the backend: `tickets.update`, and what it was given. */
export type Call = readonly [method: string, ...given: unknown[]];

export interface FakeSession extends BackendSession {
  readonly calls: Call[];
  /** The definitions that `ticketFields.list` answers. */
  fields: readonly TicketField[];
  /** Thrown by the named method from now on, or by the chosen ones of its calls. */
  fail(method: string, error: unknown, when?: (...given: unknown[]) => boolean): void;
}

/** A backend in memory that grants every wish and keeps nothing but a list of what it was asked. */
export function createFakeSession(): FakeSession {
  const calls: Call[] = [];
  const failures = new Map<string, { error: unknown; when: (...given: unknown[]) => boolean }>();
  const asked = async <T>(answer: T, method: string, ...given: unknown[]): Promise<T> => {
    calls.push([method, ...given]);
    // Answers never come in the same turn, as with a real backend.
    await Promise.resolve();
    const failure = failures.get(method);
    if (failure?.when(...given)) throw failure.error;
    return answer;
  };
  const session: FakeSession = {
    calls,
    fields: [],
    fail: (method, error, when = () => true) => {
      failures.set(method, { error, when });
    },
    tickets: {
      list: (query) => asked({ items: [], nextCursor: null }, 'tickets.list', query),
      get: (id) => asked(ticketOf(id, { subject: 'as read' }), 'tickets.get', id),
      create: (input) => asked(ticketOf('tkt_new', input), 'tickets.create', input),
      update: (id, patch, condition) =>
        asked(ticketOf(id, patch), 'tickets.update', id, patch, ...(condition ? [condition] : [])),
      delete: (id) => asked(undefined, 'tickets.delete', id),
    },
    ticketFields: {
      list: (query) => asked({ items: session.fields, nextCursor: null }, 'ticketFields.list', query),
      get: (id) => asked(fieldOf(id), 'ticketFields.get', id),
      create: ({ options, ...input }) =>
        asked(
          fieldOf('cf_new', {
            ...input,
            options:
              options?.map((option, position) => optionOf('cf_new', `opt_${position}`, option)) ?? null,
          }),
          'ticketFields.create',
          options === undefined ? input : { ...input, options },
        ),
      update: (id, patch) => asked(fieldOf(id, patch), 'ticketFields.update', id, patch),
      delete: (id) => asked(undefined, 'ticketFields.delete', id),
    },
    ticketFieldOptions: {
      list: (fieldId, page) =>
        asked({ items: [], nextCursor: null }, 'ticketFieldOptions.list', fieldId, page),
      get: (fieldId, id) => asked(optionOf(fieldId, id), 'ticketFieldOptions.get', fieldId, id),
      create: (fieldId, option) =>
        asked(optionOf(fieldId, 'opt_new', option), 'ticketFieldOptions.create', fieldId, option),
      update: (fieldId, id, patch) =>
        asked(optionOf(fieldId, id, patch), 'ticketFieldOptions.update', fieldId, id, patch),
      delete: (fieldId, id) => asked(undefined, 'ticketFieldOptions.delete', fieldId, id),
    },
    webhooks: {
      list: (page) => asked({ items: [], nextCursor: null }, 'webhooks.list', page),
      get: (id) => asked(webhookOf(id), 'webhooks.get', id),
      create: (input) =>
        asked(
          { webhook: webhookOf('whk_new', input), signingSecret: 'whsec_c2VjcmV0' },
          'webhooks.create',
          input,
        ),
      update: (id, patch) => asked(webhookOf(id, patch), 'webhooks.update', id, patch),
      delete: (id) => asked(undefined, 'webhooks.delete', id),
    },
  };
  return session;
}
