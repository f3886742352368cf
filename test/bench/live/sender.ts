/** The helpdesk as a sender of webhooks, in a process of its own: signed deliveries, each when it is due. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { Pool } from 'undici';
import { z } from 'zod';
import { answerParent } from '../child.ts';
import { markOf, monotonicMicros } from './marks.ts';
import { agentOf, everybody } from './scenarios.ts';

export const senderTask = z.object({
  /** Where deliveries go. */
  url: z.string(),
  secret: z.string(),
  /** Events that will be measured: as many tickets there are. */
  events: z.number(),
  /** Events in a second. */
  rate: z.number(),
});
export type SenderTask = z.infer<typeof senderTask>;

export interface Sent {
  /** Microseconds, monotonic. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** Events. */
  readonly sent: number;
  readonly late: readonly number[];
}

export interface Outcome {
  /** Milliseconds until it was answered. */
  readonly waitedMs: number;
  /** 0: no answer came. */
  readonly status: number;
}

export interface SenderAnswers {
  /** Creates all tickets. */
  readonly create: readonly Outcome[];
  /** Sends an event that is for all subscribers, and is not measured. */
  readonly warm: readonly Outcome[];
  /** Sends all events that are; resolves when the last one is on its way. */
  readonly send: Sent;
  /** What became of those so far. */
  readonly outcomes: readonly Outcome[];
}

const { url, secret, events, rate } = senderTask.parse(JSON.parse(process.argv[2] ?? ''));
const { origin, pathname } = new URL(url);
const pool = new Pool(origin, { pipelining: 1, headersTimeout: 120_000, keepAliveTimeout: 60_000 });
const webhook = new Webhook(secret);
const run = Math.random().toString(36).slice(2);
const began = Date.now();
let deliveries = 0;
const outcomes: Outcome[] = [];

interface Change {
  readonly type: 'ticket.created' | 'ticket.updated';
  /** A number of one of the tickets; -1: the one that warms up. */
  readonly ticket: number;
  readonly subject: string;
}

/** A change of one ticket, later than all before it. */
async function deliver({ type, ticket, subject }: Change): Promise<Outcome> {
  const now = new Date();
  deliveries += 1;
  const id = `msg_${run}_${deliveries}`;
  const body = JSON.stringify({
    type,
    timestamp: now.toISOString(),
    data: {
      ticket: {
        id: `tkt_${ticket + 1}`,
        subject,
        status: 'open',
        priority: 'normal',
        type: 'question',
        assigneeId: ticket < 0 ? everybody : agentOf(ticket),
        requesterEmail: `requester${ticket}@example.com`,
        requesterName: `Requester ${ticket}`,
        tags: ['billing', 'vip'],
        customFields: [],
        createdAt: '2026-01-01T00:00:00.000Z',
        updatedAt: new Date(began + deliveries).toISOString(),
      },
    },
  });
  const sentAt = monotonicMicros();
  const answered = (status: number): Outcome => ({ waitedMs: (monotonicMicros() - sentAt) / 1000, status });
  try {
    const response = await pool.request({
      method: 'POST',
      path: pathname,
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
        'webhook-signature': webhook.sign(id, now, body),
      },
      body,
    });
    await response.body.dump();
    return answered(response.statusCode);
  } catch {
    return answered(0);
  }
}

async function createAll(): Promise<readonly Outcome[]> {
  const all: Outcome[] = [];
  for (let ticket = -1; ticket < events; ticket += 1)
    all.push(await deliver({ type: 'ticket.created', ticket, subject: 'A ticket' }));
  return all;
}

async function warm(): Promise<readonly Outcome[]> {
  const subject = markOf('WARMING', 0, monotonicMicros());
  return [await deliver({ type: 'ticket.updated', ticket: -1, subject })];
}

async function sendAll(): Promise<Sent> {
  const firstAt = monotonicMicros();
  const late: number[] = [];
  for (let number = 0; number < events; number += 1) {
    const dueAt = firstAt + (number * 1_000_000) / rate;
    const wait = (dueAt - monotonicMicros()) / 1000;
    if (wait > 0) await sleep(wait);
    late.push((monotonicMicros() - dueAt) / 1000);
    const subject = markOf('MEASURED', number, monotonicMicros());
    void deliver({ type: 'ticket.updated', ticket: number, subject }).then((outcome) =>
      outcomes.push(outcome),
    );
  }
  return { firstAt, lastAt: monotonicMicros(), sent: events, late };
}

answerParent<SenderAnswers>(
  {
    create: createAll,
    warm,
    send: sendAll,
    outcomes: () => outcomes,
  },
  () => process.exit(0),
);
