import { Webhook } from 'standardwebhooks';
import type { Clock } from '../domain/clock.ts';
import { createAgents } from './agents.ts';
import type { Random } from './random.ts';
import type {
  EventType,
  Level,
  OptionRow,
  OptionValues,
  TicketFieldRow,
  TicketFieldValues,
  TicketRow,
  TicketValues,
  WebhookRow,
} from './rows.ts';
import type { TicketFieldStore } from './ticket-fields.ts';
import { mergeCustomFields } from './tickets.ts';
import type { TicketStore } from './tickets.ts';
import type { WebhookStore } from './webhooks.ts';
import type { Workspace } from './workspace.ts';

/** How a change made behind the gateway's back is told. */
export interface ChangeOptions {
  /** Whether the workspace's webhooks hear of it. @default true */
  readonly webhook?: boolean;
}

/** Tickets, changed behind the gateway's back: no request, no check of permissions, no count in a window. */
export interface SandboxTickets {
  readonly count: number;
  /** Newest first. */
  all(): readonly TicketRow[];
  get(id: string): TicketRow | undefined;
  create(values?: TicketValues, options?: ChangeOptions): TicketRow;
  /** May set `closed` too, as the system's automations do. `customFields` are merged. Throws if there is no such ticket. */
  update(id: string, values: TicketValues, options?: ChangeOptions): TicketRow;
  delete(id: string, options?: ChangeOptions): void;
}

/** Field definitions, changed behind the gateway's back. */
export interface SandboxTicketFields {
  /** System fields first, then by position. */
  all(): readonly TicketFieldRow[];
  get(id: string): TicketFieldRow | undefined;
  byKey(fieldKey: string): TicketFieldRow | undefined;
  create(values: TicketFieldValues & { readonly title: string }): TicketFieldRow;
  /** System fields too; `type` and `fieldKey` stay. */
  update(id: string, values: TicketFieldValues): TicketFieldRow;
  /** Tickets keep their values: a definition that is gone is a thing that happens. */
  delete(id: string): void;
  createOption(fieldId: string, option: OptionValues): OptionRow;
  deleteOption(fieldId: string, optionId: string): void;
}

export interface RegisteredWebhook extends WebhookRow {
  /** `whsec_…`; the first of several during a rotation. */
  readonly signingSecret: string;
}

export interface SandboxWebhooks {
  all(): readonly RegisteredWebhook[];
  /** Takes `http://` targets too. */
  register(webhook: {
    readonly targetUrl: string;
    /** @default every event */
    readonly events?: readonly EventType[];
    /** Deliveries are signed with each of them. @default one of the sandbox's own */
    readonly secrets?: readonly string[];
    readonly name?: string;
    readonly active?: boolean;
  }): RegisteredWebhook;
  /** Signs with these from now on, in this order. */
  setSecrets(id: string, secrets: readonly string[]): void;
  delete(id: string): void;
}

/** Simulated agents, who create, assign, answer, resolve and close tickets. */
export interface SandboxAgents {
  /** Ids of the people who may be assignees (`usr_…`). */
  readonly ids: readonly string[];
  readonly working: boolean;
  /** One change every so many milliseconds of the sandbox's clock. @param everyMs @default 1,000 */
  start(everyMs?: number): void;
  stop(): void;
  /** One change now; the ticket it befell. */
  step(options?: ChangeOptions): TicketRow;
}

export interface SandboxWorkspace {
  readonly workspaceId: string;
  readonly keys: Readonly<Record<Level, string>>;
  readonly tickets: SandboxTickets;
  readonly ticketFields: SandboxTicketFields;
  readonly webhooks: SandboxWebhooks;
  readonly agents: SandboxAgents;
}

/** Throws where a test names what does not exist, so that it fails there and not later. */
function existing<T>(row: T | undefined, id: string): T {
  if (row === undefined) throw new Error(`the sandbox has no ${id}`);
  return row;
}

const ticketsOf = (store: TicketStore): SandboxTickets => ({
  get count() {
    return store.count;
  },
  all: () => store.all(),
  get: (id) => store.get(id),
  create: (values = {}, { webhook = true } = {}) => store.create(values, !webhook),
  update: (id, values, { webhook = true } = {}) => {
    const ticket = existing(store.get(id), id);
    const { customFields } = values;
    const merged = customFields && { customFields: mergeCustomFields(ticket.customFields, customFields) };
    return store.update(ticket, { ...values, ...merged }, !webhook);
  },
  delete: (id, { webhook = true } = {}) => {
    store.delete(existing(store.get(id), id), !webhook);
  },
});

const ticketFieldsOf = (store: TicketFieldStore): SandboxTicketFields => ({
  all: () => store.all(),
  get: (id) => store.get(id),
  byKey: (fieldKey) => store.byKey(fieldKey),
  create: (values) => store.create(values),
  update: (id, values) => store.update(existing(store.get(id), id), values),
  delete: (id) => {
    store.delete(existing(store.get(id), id));
  },
  createOption: (fieldId, option) => store.createOption(existing(store.get(fieldId), fieldId), option),
  deleteOption: (fieldId, optionId) => {
    const field = existing(store.get(fieldId), fieldId);
    const option = field.options?.find(({ id }) => id === optionId);
    store.deleteOption(field, existing(option, optionId));
  },
});

/** Throws unless each can sign. */
function checkSecrets(secrets: readonly string[]): void {
  for (const secret of secrets) new Webhook(secret).sign('msg', new Date(0), '{}');
}

function webhooksOf(store: WebhookStore): SandboxWebhooks {
  const withSecret = (id: string): RegisteredWebhook => {
    const [signingSecret = ''] = store.secretsOf(id);
    return { ...existing(store.get(id), id), signingSecret };
  };
  return {
    all: () => store.all().map(({ id }) => withSecret(id)),
    register: ({ secrets, ...values }) => {
      checkSecrets(secrets ?? []);
      return withSecret(store.create(values, secrets).id);
    },
    setSecrets: (id, secrets) => {
      checkSecrets(secrets);
      store.setSecrets(existing(store.get(id), id).id, secrets);
    },
    delete: (id) => {
      store.delete(existing(store.get(id), id));
    },
  };
}

function agentsOf(workspace: Workspace, clock: Clock, random: Random): SandboxAgents {
  const atWork = createAgents(workspace, clock, random);
  return {
    ids: [...workspace.agentIds],
    get working() {
      return atWork.working;
    },
    start: (everyMs = 1_000) => {
      atWork.start(everyMs);
    },
    stop: atWork.stop,
    step: ({ webhook = true } = {}) => atWork.step(!webhook),
  };
}

/** A workspace as tests and demos hold it. */
export const createHandle = (
  workspace: Workspace,
  keys: Readonly<Record<Level, string>>,
  clock: Clock,
  random: Random,
): SandboxWorkspace => ({
  workspaceId: workspace.id,
  keys,
  tickets: ticketsOf(workspace.tickets),
  ticketFields: ticketFieldsOf(workspace.fields),
  webhooks: webhooksOf(workspace.webhooks),
  agents: agentsOf(workspace, clock, random),
});
