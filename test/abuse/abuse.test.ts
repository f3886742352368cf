import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deliver, ticketDelivery } from '../support/delivery.ts';
import { until } from '../support/wait.ts';
import { startChild, type Child } from '../bench/child.ts';
import type { BystanderAnswers } from './bystander-process.ts';
import { expectRefusal, paths, takes, type AbuseCase, type RequestCase } from './case.ts';
import { callerCases, callerRequests } from './cases/callers.ts';
import { documentCases } from './cases/documents.ts';
import { floodCases } from './cases/floods.ts';
import { httpCases } from './cases/http.ts';
import { limitCases } from './cases/limits.ts';
import { modeCases } from './cases/modes.ts';
import { socketCases } from './cases/sockets.ts';
import { webhookCases } from './cases/webhooks.ts';
import { credentials, startTargets, type Targets } from './target.ts';

/** Bytes of JavaScript objects that a gateway may hold more than before a group of attacks, once these are over. */
const levelBytes = 8 * 1_048_576;

let target: Targets;
let bystander: Child<BystanderAnswers>;
beforeAll(async () => {
  target = await startTargets();
  const { authorization = '' } = credentials(target);
  bystander = await startChild('../abuse/bystander-process.ts', [
    target.url,
    authorization,
    target.sandbox.workspaceId,
  ]);
  // What is loaded and compiled once is no leak.
  for (const { run } of [...callerCases, ...webhookCases.slice(0, 3), ...socketCases.slice(0, 12)])
    await run(target);
  await until('a few answers', async () => (await bystander.ask('latencies')).length > 50, 15_000);
  // Five processes begin, where others keep the machine busy.
}, 120_000);
afterAll(async () => {
  await bystander[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
});

/** One group of attacks; when it is over, the gateway must be as it was. */
function group(name: string, attacks: () => void): void {
  describe(`of ${name}`, () => {
    const gateways = () => [target, target.impatient, target.strict, target.listed].map((one) => one.process);
    const heaps = () => Promise.all(gateways().map(async (one) => (await one.ask('memory')).heap));
    let before: readonly number[] = [];
    beforeAll(async () => {
      before = await heaps();
    });
    attacks();
    test('afterwards its memory is what it was, and nothing of it was a defect', async () => {
      const isLevel = async () => (await heaps()).every((heap, at) => heap - (before[at] ?? 0) < levelBytes);
      await until('memory as before', isLevel, 10_000);
      for (const gateway of gateways()) expect(await gateway.ask('defects')).toEqual([]);
    });
  });
}

const expectHarmless = async (one: AbuseCase): Promise<void> => {
  await expect(one.run(target)).resolves.toBeUndefined();
};

/** Together, as attackers come; and most of them wait for the gateway's patience to end. */
const each = (cases: readonly AbuseCase[], concurrent = true): void => {
  test.for(cases.map((one) => [one.name, one] as const))(
    '%s',
    { concurrent, timeout: 30_000 },
    async ([, one]) => expectHarmless(one),
  );
};

const requests = (cases: readonly RequestCase[]): void => {
  for (const path of paths) {
    const fitting = cases.filter((one) => takes(one, path));
    test.for(fitting.map((one) => [one.name, one] as const))(`%s (${path.toLowerCase()})`, async ([, one]) =>
      expectRefusal(target, one, path),
    );
  }
};

group('documents', () => requests([...documentCases, ...limitCases]));
group('callers', () => {
  requests([...callerRequests, ...modeCases]);
  each(callerCases);
});
group('HTTP', () => each(httpCases));
group('sockets', () => each(socketCases));
group('webhooks', () => each(webhookCases));
group('floods', () => each(floodCases, false));

/** The value below which so large a part of all is. @param part from 0 to 1 */
function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

test('all the while a client with manners was served', async () => {
  expect(await bystander.ask('troubles')).toEqual([]);
  const heard = await bystander.ask('heard');
  const response = await deliver(target.webhookUrl, ticketDelivery('ticket.updated', {}), {
    secret: target.secret,
  });
  expect(response.status).toBe(200);
  await until('one more event', async () => (await bystander.ask('heard')) > heard);
  const latencies = await bystander.ask('latencies');
  const ms = (part: number): string => `${quantile(latencies, part).toFixed(0)} ms`;
  process.stderr.write(
    `a client with manners, under attack: ${latencies.length} answers, p50 ${ms(0.5)}, p99 ${ms(0.99)}, longest ${ms(1)}\n`,
  );
  expect(quantile(latencies, 0.99)).toBeLessThan(2000);
});
