/** An office in a process of its own: each agent sends what is due when it is due, whether or not it was answered before. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { z } from 'zod';
import { answerParent } from '../child.ts';
import { createRandom, schedule, type Due } from '../schedule.ts';
import { graphqlOf, type Operation } from './operations.ts';
import { agentHabits, officeViews, type AgentKind } from './office-plan.ts';
import { readTask } from './task.ts';
import type { Sight } from './versions.ts';
import { zipf } from './workloads.ts';

export const officeTask = z.object({
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  agents: z.number(),
  seconds: z.number(),
  seed: z.number(),
  /** Of the tickets that are opened. */
  ids: z.array(z.string()),
});
export type OfficeTask = z.infer<typeof officeTask>;

/** How one operation fared. Moments are milliseconds since the epoch. */
export interface OfficeOutcome {
  readonly kind: AgentKind;
  readonly dueAt: number;
  readonly sentAt: number;
  readonly answeredAt: number;
  /** null: answered with data; else the error's code, or what stood in the way of an answer. */
  readonly code: string | null;
  /** What the answer says its REST calls waited for their turn; null: it does not say. */
  readonly waitedMs: number | null;
}

type Answered = Pick<OfficeOutcome, 'code' | 'waitedMs'>;

export interface OfficeDay {
  readonly from: number;
  readonly to: number;
  readonly outcomes: readonly OfficeOutcome[];
  /** Of each answer with data. */
  readonly sights: readonly Sight[];
  /** CPU time of the agents' process. */
  readonly cpuMs: number;
}

export interface OfficeAnswers {
  readonly work: OfficeDay;
}

const answerShape = z.object({
  errors: z
    .array(
      z.object({ message: z.string(), extensions: z.object({ code: z.string().optional() }).optional() }),
    )
    .optional(),
  data: z.unknown(),
  extensions: z.object({ rateLimit: z.object({ waitedMs: z.number() }).optional() }).optional(),
});
const ticketShape = z.object({ id: z.string(), updatedAt: z.string() });
const dataShape = z.union([
  z.object({ ticket: ticketShape }).transform(({ ticket }) => [ticket]),
  z.object({ tickets: z.object({ nodes: z.array(ticketShape) }) }).transform(({ tickets }) => tickets.nodes),
]);

const { url, headers, agents, seconds, seed, ids } = readTask(officeTask);
const { origin, pathname } = new URL(url);
const pool = new Pool(origin, { pipelining: 1, keepAliveTimeout: 60_000, headersTimeout: 30_000 });
const nextId = zipf(ids, createRandom(seed + 1));

const operationOf = ({ kind, client }: Due<AgentKind>): Operation =>
  kind === 'OPEN'
    ? { kind: 'TICKET', id: nextId() }
    : { kind: 'LIST', rows: 25, view: officeViews[client % officeViews.length] ?? {}, definitions: false };

/** The backend's own id in a global one. */
const localId = (id: string): string => Buffer.from(id, 'base64url').toString().split(':').slice(2).join(':');

const sights: Sight[] = [];

async function send(due: Due<AgentKind>): Promise<Answered> {
  const operation = operationOf(due);
  const { body } = await pool.request({
    method: 'POST',
    path: pathname,
    headers: { ...headers, 'content-type': 'application/json', 'x-client-id': `agent-${due.client}` },
    body: JSON.stringify(graphqlOf(operation)),
  });
  const { errors, data, extensions } = answerShape.parse(await body.json());
  const waitedMs = extensions?.rateLimit?.waitedMs ?? null;
  const [error] = errors ?? [];
  if (error) return { code: error.extensions?.code ?? error.message, waitedMs };
  const at = Date.now();
  sights.push({
    at,
    view: operation.kind === 'LIST' ? operation.view : null,
    shown: dataShape.parse(data).map(({ id, updatedAt }) => [localId(id), updatedAt] as const),
  });
  return { code: null, waitedMs };
}

async function work(): Promise<OfficeDay> {
  const { user, system } = process.cpuUsage();
  const from = Date.now();
  const underWay: Promise<OfficeOutcome>[] = [];
  for (const due of schedule(agents, seed, agentHabits)) {
    if (due.dueMs >= seconds * 1000) break;
    const dueAt = from + due.dueMs;
    const wait = dueAt - Date.now();
    if (wait > 0) await sleep(wait);
    const sentAt = Date.now();
    const fared = (answered: Answered): OfficeOutcome => ({
      kind: due.kind,
      dueAt,
      sentAt,
      answeredAt: Date.now(),
      ...answered,
    });
    underWay.push(
      send(due).then(fared, (error: unknown) => fared({ code: describe(error), waitedMs: null })),
    );
  }
  const outcomes = await Promise.all(underWay);
  const after = process.cpuUsage();
  return {
    from,
    to: from + seconds * 1000,
    outcomes,
    sights,
    cpuMs: (after.user + after.system - user - system) / 1000,
  };
}

const describe = (error: unknown): string =>
  error instanceof Error ? ('code' in error ? String(error.code) : error.name) : 'UNKNOWN';

answerParent<OfficeAnswers>({ work }, () => pool.close());
