import * as z from 'zod';
import type { Json } from '../../domain/json.ts';
import type {
  WireCreatedWebhookEnvelope,
  WireErrorEnvelope,
  WireTicket,
  WireTicketEnvelope,
  WireTicketField,
  WireTicketFieldEnvelope,
  WireTicketFieldList,
  WireTicketFieldOption,
  WireTicketFieldOptionEnvelope,
  WireTicketFieldOptionList,
  WireTicketList,
  WireWebhook,
  WireWebhookEnvelope,
  WireWebhookList,
} from './wire.gen.ts';

/*
 * What is believed of an answer. Less than the contract says, on purpose: a value it does not list, an attribute it
 * does not name or one it calls optional must never cost a caller a ticket. What is required here is what a ticket
 * is nothing without. `mapping.ts` fills in the rest.
 */

/** An attribute that may be absent or null. */
const maybe = <T extends z.ZodType>(schema: T): z.ZodOptional<z.ZodNullable<T>> => schema.nullish();

/** Came out of `JSON.parse`, so it is JSON; null where it is absent. */
const json = z.custom<Json | undefined>().optional();

const customFieldValue = z.object({ id: z.string(), value: json });

const ticket = reads<WireTicket>()(
  z.object({
    id: z.string(),
    subject: z.string(),
    status: z.string(),
    priority: maybe(z.string()),
    type: maybe(z.string()),
    assigneeId: maybe(z.string()),
    requesterEmail: maybe(z.string()),
    requesterName: maybe(z.string()),
    tags: maybe(z.array(z.string())),
    customFields: maybe(z.array(customFieldValue)),
    createdAt: z.string(),
    updatedAt: z.string(),
  }),
);

const option = reads<WireTicketFieldOption>()(
  z.object({ id: z.string(), label: z.string(), value: z.string(), position: maybe(z.int32()) }),
);

const ticketField = reads<WireTicketField>()(
  z.object({
    id: z.string(),
    fieldKey: z.string(),
    title: z.string(),
    type: z.string(),
    description: maybe(z.string()),
    position: maybe(z.int32()),
    active: maybe(z.boolean()),
    requiredForAgents: maybe(z.boolean()),
    requiredForEndUsers: maybe(z.boolean()),
    visibleToEndUsers: maybe(z.boolean()),
    editableByEndUsers: maybe(z.boolean()),
    regexPattern: maybe(z.string()),
    defaultValue: json,
    options: maybe(z.array(option)),
    createdAt: maybe(z.string()),
    updatedAt: maybe(z.string()),
  }),
);

const webhook = reads<WireWebhook>()(
  z.object({
    id: z.string(),
    name: z.string(),
    targetUrl: z.string(),
    events: maybe(z.array(z.string())),
    active: maybe(z.boolean()),
    createdAt: z.string(),
    updatedAt: z.string(),
  }),
);

/** Both dialects of pagination; `pages.ts` makes one of them. */
const paging = {
  meta: maybe(
    z.object({ hasMore: maybe(z.boolean()), pageSize: maybe(z.number()), afterCursor: maybe(z.string()) }),
  ),
  links: maybe(z.object({ next: maybe(z.string()) })),
};

/** One schema for each kind of answer. */
export const answers = {
  ticket: reads<WireTicketEnvelope>()(z.object({ ticket })),
  tickets: reads<WireTicketList>()(z.object({ tickets: z.array(ticket), ...paging })),
  /** The same, each row to be looked at by itself: `ticketRow`. */
  ticketRows: z.object({ tickets: z.array(z.unknown()), ...paging }),
  ticketRow: ticket,
  ticketField: reads<WireTicketFieldEnvelope>()(z.object({ ticketField })),
  ticketFields: reads<WireTicketFieldList>()(z.object({ ticketFields: z.array(ticketField), ...paging })),
  option: reads<WireTicketFieldOptionEnvelope>()(z.object({ option })),
  options: reads<WireTicketFieldOptionList>()(z.object({ options: z.array(option), ...paging })),
  webhook: reads<WireWebhookEnvelope>()(z.object({ webhook })),
  webhooks: reads<WireWebhookList>()(z.object({ webhooks: z.array(webhook), ...paging })),
  createdWebhook: reads<WireCreatedWebhookEnvelope>()(
    z.object({ webhook: z.object({ ...webhook.shape, signingSecret: z.string() }) }),
  ),
} as const;

/** Body of an error. What its details hold is looked at piece by piece: a fault in them must not hide the error. */
export const errorAnswer = reads<WireErrorEnvelope>()(
  z.object({
    error: z.object({
      code: z.string(),
      message: maybe(z.string()),
      status: maybe(z.number()),
      details: maybe(z.record(z.string(), z.unknown())).catch(null),
    }),
  }),
);

export type ReadTicket = z.output<typeof ticket>;
export type ReadTicketField = z.output<typeof ticketField>;
export type ReadTicketFieldOption = z.output<typeof option>;
export type ReadWebhook = z.output<typeof webhook>;
export type ReadPaging = z.output<z.ZodObject<typeof paging>>;

/**
 * Compiles only if the schema takes every answer that the contract allows and leaves no attribute of it unread:
 * a change to the OpenAPI document shows here.
 */
function reads<Wire>(): <Schema extends z.ZodType>(schema: Schema & Reads<Wire, Schema>) => Schema {
  return (schema) => schema;
}

type Reads<Wire, Schema extends z.ZodType> =
  Wire extends z.input<Schema>
    ? Exclude<keyof Wire, keyof z.input<Schema>> extends never
      ? unknown
      : { readonly 'left unread': Exclude<keyof Wire, keyof z.input<Schema>> }
    : { readonly 'refuses what the contract allows': Wire };
