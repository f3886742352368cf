/** The helpdesk in a process of its own. Once a second a ticket is changed behind everybody's back, and webhooks tell of it. */
import { z } from 'zod';
import { priorities, type TicketRow } from '../../../src/sandbox/rows.ts';
import { startSandbox } from '../../../src/sandbox/sandbox.ts';
import { answerParent } from '../child.ts';
import { createRandom } from '../schedule.ts';
import type { BackendCall } from '../windows.ts';
import type { Held } from './operations.ts';
import { readTask } from './task.ts';
import type { History, Version } from './versions.ts';

export const sandboxTask = z.object({
  tickets: z.number(),
  /** Requests a minute for each key; null: as many as anybody likes. */
  limit: z.number().nullable(),
  /** Each of them gets a key of its own. */
  callers: z.array(z.string()),
  webhooks: z.array(z.object({ targetUrl: z.string(), secret: z.string() })),
  /** Tickets that are changed are among the newest so many; null: it is always the oldest. */
  changing: z.number().nullable(),
});
export type SandboxTask = z.infer<typeof sandboxTask>;

export interface SandboxAnswers {
  readonly address: {
    readonly url: string;
    readonly workspaceId: string;
    readonly keys: Readonly<Record<string, string>>;
  };
  /** Of its tickets, the newest first. */
  readonly ids: readonly string[];
  readonly held: Held;
  /** Requests of each caller so far, where there is no limit. */
  readonly used: Readonly<Record<string, number>>;
  readonly calls: readonly BackendCall[];
  /** Meant for one webhook, or none. */
  readonly history: History;
  /** From now on nothing changes any more. */
  readonly rest: null;
}

const latencyMs = 5;
const changeEveryMs = 1000;
const unlimited = { limit: 1_000_000_000, windowMs: 86_400_000 };
const statuses = ['new', 'open', 'pending', 'resolved'] as const;

const { tickets, limit, callers, webhooks, changing } = readTask(sandboxTask);
const sandbox = await startSandbox({
  tickets,
  latencyMs,
  rateLimit: limit === null ? unlimited : { limit },
  maxRecordedRequests: limit === null ? 1000 : 1_000_000,
});
const keys = Object.fromEntries(callers.map((name) => [name, sandbox.createKey('write')]));
for (const { targetUrl, secret } of webhooks) sandbox.webhooks.register({ targetUrl, secrets: [secret] });

const initial = sandbox.tickets.all();
const ids = initial.map(({ id }) => id);
const made: TicketRow[] = [];
const random = createRandom(7);
const pick = <T>(from: readonly T[]): T => {
  const picked = from[Math.floor(random() * from.length)];
  if (picked === undefined) throw new Error('there is nothing to pick from');
  return picked;
};
let changes = 0;

/** Every second change is of the subject, every fourth of the status, every fourth of the priority. */
function change(): void {
  changes += 1;
  const subject = `Changed for the ${changes}. time`;
  const id = changing === null ? (ids.at(-1) ?? '') : pick(ids.slice(0, changing));
  const kind = changing === null ? 0 : changes % 4;
  made.push(
    sandbox.tickets.update(
      id,
      kind === 1 ? { status: pick(statuses) } : kind === 3 ? { priority: pick(priorities) } : { subject },
    ),
  );
}

/** Deliveries keep their order: the first one of a ticket that was taken told of its first change. */
function versions(): Version[] {
  const taken = Map.groupBy(
    sandbox.deliveries.attempts.filter(
      ({ type, status }) => type === 'ticket.updated' && status !== null && status < 300,
    ),
    ({ ticketId }) => ticketId,
  );
  return made.map((row) => ({
    row,
    knownAt: webhooks.length === 0 ? Date.parse(row.updatedAt) : (taken.get(row.id)?.shift()?.at ?? Infinity),
  }));
}

const timer = setInterval(change, changeEveryMs);

answerParent<SandboxAnswers>(
  {
    address: () => ({ url: sandbox.url, workspaceId: sandbox.workspaceId, keys }),
    ids: () => ids,
    held: () => ({ tickets: sandbox.tickets.all(), fields: sandbox.ticketFields.all() }),
    used: () =>
      Object.fromEntries(
        Object.entries(keys).map(([name, key]) => {
          const state = sandbox.rateLimit.state(key);
          return [name, state.limit - state.remaining];
        }),
      ),
    calls: () =>
      sandbox.requests.map(({ method, path, status, at, answeredAt }) => ({
        operation: `${method} ${path}`,
        status,
        at,
        answeredAt,
      })),
    history: () => ({ initial, versions: versions() }),
    rest: async () => {
      clearInterval(timer);
      await sandbox.deliveries.settled();
      return null;
    },
  },
  () => {
    clearInterval(timer);
    return sandbox.close();
  },
);
