import { createIds } from './ids.ts';
import { agents } from './people.ts';
import type { Agent } from './people.ts';
import type { Random } from './random.ts';
import type { EventType, TicketRow } from './rows.ts';
import { createTicketFieldStore } from './ticket-fields.ts';
import type { TicketFieldStore } from './ticket-fields.ts';
import { createTicketStore } from './tickets.ts';
import type { TicketStore } from './tickets.ts';
import { createWebhookStore } from './webhooks.ts';
import type { WebhookStore } from './webhooks.ts';

/** All that one workspace holds. */
export interface Workspace {
  readonly id: string;
  readonly tickets: TicketStore;
  readonly fields: TicketFieldStore;
  readonly webhooks: WebhookStore;
  readonly agents: readonly Agent[];
  readonly agentIds: ReadonlySet<string>;
}

/** An empty workspace. */
export function createWorkspace(parts: {
  readonly id: string;
  readonly random: Random;
  /** The server's time; ISO 8601 UTC. */
  readonly time: () => string;
  readonly announce: (workspace: Workspace, type: EventType, ticket: TicketRow) => void;
}): Workspace {
  const { id, random, time, announce } = parts;
  const ids = (prefix: string): (() => string) => createIds(prefix, random.fork(prefix).below(2 ** 31));
  const workspace: Workspace = {
    id,
    agents,
    agentIds: new Set(agents.map((agent) => agent.id)),
    tickets: createTicketStore({
      nextId: ids('tkt'),
      time,
      announce: (type, ticket) => {
        announce(workspace, type, ticket);
      },
    }),
    fields: createTicketFieldStore({ nextId: ids('cf'), nextOptionId: ids('opt'), time }),
    webhooks: createWebhookStore({ nextId: ids('whk'), random: random.fork('secrets'), time }),
  };
  return workspace;
}
