import type { Clock } from '../domain/clock.ts';
import { defaultDeliveries } from './deliveries.ts';
import type { Deliveries, DeliveryAttempt, DeliveryBehaviour } from './deliveries.ts';
import { createIds } from './ids.ts';
import { createLanes } from './lanes.ts';
import type { Lanes } from './lanes.ts';
import { createPending } from './pending.ts';
import { createPost } from './post.ts';
import type { Message, Post } from './post.ts';
import type { Random } from './random.ts';
import type { TicketRow, WebhookRow } from './rows.ts';
import { isLoopback } from './webhook-bodies.ts';
import type { Workspace } from './workspace.ts';

/** Messages and attempts that are remembered. */
const memory = 20_000;

interface Delivery {
  readonly message: Message;
  readonly workspace: Workspace;
  /** Attempts made so far. */
  attempts: number;
}

interface Surroundings {
  readonly clock: Clock;
  /** The server's clock; milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: Random;
  /** Asked at every step, so that it may change meanwhile. */
  readonly behaviour: () => DeliveryBehaviour;
}

export interface DeliveryQueue extends Deliveries {
  /** Tells the active webhooks of the workspace that want events of this type. */
  announce(workspace: Workspace, type: string, ticket: TicketRow): void;
  close(): Promise<void>;
}

const isTaken = (status: number | null): boolean => status !== null && status >= 200 && status < 300;

/** Where the delivery goes now; null: nowhere, its webhook is gone, off, or out of reach. */
function targetOf({ message, workspace }: Delivery, reach: DeliveryBehaviour['reach']): string | null {
  const webhook = workspace.webhooks.get(message.webhookId);
  const url = webhook?.active ? URL.parse(webhook.targetUrl) : null;
  return url && (reach === 'anywhere' || isLoopback(url)) ? url.href : null;
}

/** Carries each delivery at least once: what is not answered 2xx is tried again, until the delays run out. */
function createCourier(
  post: Post,
  attempts: DeliveryAttempt[],
  { clock, now, random, behaviour }: Surroundings,
) {
  const pending = createPending();

  /** Queues a delivery that is counted already. */
  const later = (ms: number, delivery: Delivery): void => {
    clock.after(ms, () => {
      lanes.push(delivery);
    });
  };

  /** null: there was nowhere to send it to. */
  const attempt = async (delivery: Delivery): Promise<boolean | null> => {
    const { message, workspace } = delivery;
    const { reach, timeoutMs } = behaviour();
    const url = targetOf(delivery, reach);
    if (url === null) return null;
    const at = now();
    delivery.attempts += 1;
    const secrets = workspace.webhooks.secretsOf(message.webhookId);
    const status = await post.send(message, { url, secrets }, at, timeoutMs);
    const { id: messageId, webhookId, type, ticketId } = message;
    attempts.push({ webhookId, messageId, type, ticketId, attempt: delivery.attempts, status, at });
    if (attempts.length > 2 * memory) attempts.splice(0, memory);
    return isTaken(status);
  };

  const work = async (delivery: Delivery): Promise<void> => {
    const taken = await attempt(delivery);
    const { duplicates, retryDelaysMs } = behaviour();
    const delay = taken === false ? retryDelaysMs[delivery.attempts - 1] : undefined;
    if (delay !== undefined) {
      later(delay, delivery);
      return;
    }
    if (taken === true && random.chance(duplicates)) carry(delivery);
    pending.end();
  };

  const lanes: Lanes<Delivery> = createLanes({
    laneOf: ({ message }) => message.webhookId,
    width: () => behaviour().concurrency,
    work,
    random,
  });

  const carry = ({ message, workspace }: Delivery): void => {
    pending.begin();
    const delivery: Delivery = { message, workspace, attempts: 0 };
    const { disorder, disorderMs } = behaviour();
    if (random.chance(disorder)) later(random.next() * disorderMs, delivery);
    else lanes.push(delivery);
  };

  return { carry, lanes, pending };
}

/** Makes deliveries of events, and remembers the last ones so that they can be repeated. */
function createDispatch(carry: (delivery: Delivery) => void, now: () => number, random: Random) {
  const nextId = createIds('msg', random.below(2 ** 31));
  const sent = new Map<string, Delivery>();

  const dispatch = (
    workspace: Workspace,
    webhook: WebhookRow,
    type: string,
    ticket: TicketRow | null,
  ): void => {
    const timestamp = new Date(now()).toISOString();
    const message: Message = {
      id: nextId(),
      webhookId: webhook.id,
      type,
      ticketId: ticket?.id ?? null,
      body: JSON.stringify({ type, timestamp, data: ticket ? { ticket } : {} }),
    };
    const delivery = { message, workspace, attempts: 0 };
    sent.set(message.id, delivery);
    const oldest = sent.size > memory ? sent.keys().next().value : undefined;
    if (oldest !== undefined) sent.delete(oldest);
    carry(delivery);
  };
  const repeat = (messageId: string): void => {
    const delivery = sent.get(messageId);
    if (!delivery) throw new Error(`no message ${messageId}`);
    carry(delivery);
  };
  return { dispatch, repeat };
}

/** @param parts.workspaceOf throws if there is no such workspace; undefined: the first */
export function createDeliveryQueue(
  parts: Omit<Surroundings, 'behaviour'> & {
    readonly behaviour: Partial<DeliveryBehaviour>;
    readonly workspaceOf: (id?: string) => Workspace;
  },
): DeliveryQueue {
  const { clock, now, random, workspaceOf } = parts;
  let behaviour: DeliveryBehaviour = { ...defaultDeliveries, ...parts.behaviour };
  const attempts: DeliveryAttempt[] = [];
  const post = createPost(clock);
  const { carry, lanes, pending } = createCourier(post, attempts, {
    clock,
    now,
    random,
    behaviour: () => behaviour,
  });
  const { dispatch, repeat } = createDispatch(carry, now, random);

  return {
    attempts,
    get pending() {
      return pending.count;
    },
    configure: (changes) => {
      behaviour = { ...behaviour, ...changes };
    },
    pause: lanes.pause,
    resume: (order = 'kept') => {
      lanes.resume(order);
    },
    repeat,
    send: ({ type, ticket }, workspaceId) => {
      const workspace = workspaceOf(workspaceId);
      for (const webhook of workspace.webhooks.all()) dispatch(workspace, webhook, type, ticket);
    },
    settled: pending.settled,
    announce: (workspace, type, ticket) => {
      for (const webhook of workspace.webhooks.all()) {
        const wanted = webhook.active && webhook.events.some((event) => event === type);
        if (wanted) dispatch(workspace, webhook, type, ticket);
      }
    },
    close: async () => {
      lanes.pause();
      lanes.clear();
      await post.close();
    },
  };
}
