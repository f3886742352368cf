import { isDeepStrictEqual } from 'node:util';
import { startChild } from '../child.ts';
import { answerTo, graphqlOf, restOf, rowsOf, type Held, type Operation } from './operations.ts';
import { officeViews } from './office-plan.ts';
import type { RawAnswers, RawTask } from './raw.ts';
import { ask, type Server, type ServerName, type Stage, type StageOptions } from './stage.ts';

/** REST requests of 100 tickets with custom fields, asked for the first time and again. */
export interface FieldsCost {
  readonly first: number;
  readonly again: number;
}

const fields: Operation = { kind: 'LIST', rows: 100, view: {}, definitions: true };

/** Every kind of operation of every workload. */
const operationsOf = (ids: readonly string[]): readonly Operation[] => [
  fields,
  ...ids.slice(0, 5).map((id): Operation => ({ kind: 'TICKET', id })),
  ...officeViews.map((view): Operation => ({ kind: 'LIST', rows: 25, view, definitions: false })),
];

/**
 * Whether each target of a stage answers what the helpdesk has: only then it means anything how fast it does. Nothing
 * changes there any more.
 * @throws Error naming the target and what it answered wrongly
 */
export async function check(
  stage: Stage,
  options: Pick<StageOptions, 'cores' | 'tasks'>,
): Promise<ReadonlyMap<ServerName, FieldsCost>> {
  const { sandbox } = stage;
  await sandbox.ask('rest');
  const held = await sandbox.ask('held');
  const operations = operationsOf(await sandbox.ask('ids'));
  const costs = new Map<ServerName, FieldsCost>();
  for (const [name, server] of stage.servers) {
    costs.set(name, await fieldsCost(name, server, stage));
    for (const operation of operations) {
      // Twice: an answer from a store must be right too.
      for (const time of ['at first', 'again']) {
        const { data } = await ask(server, graphqlOf(operation));
        compare(`${name}, ${time}`, operation, data, answerTo(operation, held));
      }
    }
  }
  await checkRaw(stage, operations, held, options);
  return costs;
}

function compare(who: string, operation: Operation, answered: unknown, right: unknown): void {
  if (isDeepStrictEqual(answered, right)) return;
  const [got = '', expected = ''] = [answered, right].map((value) => JSON.stringify(value));
  let at = 0;
  while (at < got.length && got[at] === expected[at]) at += 1;
  const part = (text: string) => text.slice(Math.max(0, at - 80), at + 200);
  throw new Error(
    `${who}: ${JSON.stringify(operation)} was answered\n…${part(got)}…\nand not\n…${part(expected)}…`,
  );
}

async function fieldsCost(name: ServerName, server: Server, { sandbox }: Stage): Promise<FieldsCost> {
  const spent = async (): Promise<number> => {
    const before = (await sandbox.ask('used'))[name] ?? 0;
    await ask(server, graphqlOf(fields));
    return ((await sandbox.ask('used'))[name] ?? 0) - before;
  };
  return { first: await spent(), again: await spent() };
}

async function checkRaw(
  { rest }: Stage,
  operations: readonly Operation[],
  held: Held,
  { cores, tasks }: Pick<StageOptions, 'cores' | 'tasks'>,
): Promise<void> {
  const task = {
    ...rest,
    operations: operations.map((operation) => [...restOf(operation)]),
    from: 0,
    connections: 4,
    warmUp: { seconds: 0 },
    seconds: 0,
  } satisfies RawTask;
  await using raw = await startChild<RawAnswers>(
    'reads/raw.ts',
    [await tasks.write(task)],
    {},
    { under: cores.server },
  );
  const bodies = await raw.ask('bodies');
  for (const [index, operation] of operations.entries()) {
    const { rows, more } = rowsOf(operation, held);
    const [body, definitions] = bodies[index] ?? [];
    const right = operation.kind === 'TICKET' ? { ticket: rows[0] } : { tickets: rows };
    const { tickets, ticket, meta } = body as { tickets?: unknown; ticket?: unknown; meta?: unknown };
    compare('raw', operation, operation.kind === 'TICKET' ? { ticket } : { tickets }, right);
    if (operation.kind === 'LIST')
      compare('raw', operation, meta, { pageSize: operation.rows, hasMore: more });
    if (definitions !== undefined)
      compare('raw', operation, (definitions as { ticketFields?: unknown }).ticketFields, held.fields);
  }
}
