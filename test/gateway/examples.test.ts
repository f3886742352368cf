import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../src/domain/errors.ts';
import type { EventLog } from '../../src/events/log/log.ts';
import { createMemoryLog } from '../../src/events/log/memory-log.ts';
import { connect as connectApollo } from '../examples/apollo.ts';
import { connect as connectGraphqlWs } from '../examples/graphql-ws.ts';
import { connect as connectUrql } from '../examples/urql.ts';
import { startBehindProxy } from '../support/behind-proxy.ts';
import type { GatewayOptions } from '../support/gateway.ts';
import { createScreen } from '../support/screen.ts';
import { until } from '../support/wait.ts';

const examples = [
  ['graphql-ws', connectGraphqlWs],
  ['apollo', connectApollo],
  ['urql', connectUrql],
] as const;

type Connect = (typeof examples)[number][1];

/** One client of the example, on a gateway behind a proxy that the test controls. */
async function watching(
  connect: Connect,
  options: GatewayOptions = {},
  params: Record<string, unknown> = {},
) {
  const behind = await startBehindProxy({}, options);
  const { gateway, proxy } = behind;
  const shown = createScreen();
  const { watch, close } = connect(behind.wsUrl, params);
  const stop = watch(shown.screen);
  const { tickets, deliveries } = gateway.sandbox;
  return {
    gateway,
    proxy,
    shown,
    /** Creates a ticket of each subject, and waits until the gateway was told of it. */
    create: async (...subjects: string[]) => {
      for (const subject of subjects) tickets.create({ subject });
      await deliveries.settled();
    },
    shows: (count: number) => until(`${count} changes`, () => shown.subjects.length >= count),
    [Symbol.asyncDispose]: async () => {
      stop();
      // Where the socket is not open, there is nothing to close.
      await Promise.resolve(close()).catch(() => undefined);
      await behind[Symbol.asyncDispose]();
    },
  };
}

describe.each(examples)('the example for %s', (name, connect) => {
  test('shows the list, then each change', async () => {
    await using client = await watching(connect);
    await until('the list', () => client.shown.lists.length > 0);
    expect(client.shown.lists[0]).toHaveLength(50);
    await client.create('One', 'Two');
    await client.shows(2);
    expect(client.shown.subjects).toEqual(['One', 'Two']);
    expect(client.shown.failures).toEqual([]);
  });

  test('misses and repeats nothing when its socket is cut, however often', async () => {
    await using client = await watching(connect);
    const { proxy, shown } = client;
    await until('the list', () => shown.lists.length > 0);
    await client.create('Before');
    await client.shows(1);
    proxy.refuse();
    proxy.cut();
    await client.create('While away 1', 'While away 2');
    const { attempts } = proxy;
    await until('an attempt that is refused', () => proxy.attempts > attempts);
    await client.create('While away 3');
    proxy.admit();
    await client.shows(4);
    proxy.cut();
    await client.create('Away again');
    await client.shows(5);
    await client.create('Back');
    await client.shows(6);
    expect(shown.subjects).toEqual([
      'Before',
      'While away 1',
      'While away 2',
      'While away 3',
      'Away again',
      'Back',
    ]);
    expect(shown.lists).toHaveLength(1);
    expect(shown.failures).toEqual([]);
  });

  test('reads the list again where changes were lost', async () => {
    const eventLog = createMemoryLog({ retention: { maxCount: 2 } });
    await using client = await watching(connect, { parts: { eventLog } });
    const { proxy, shown } = client;
    await until('the list', () => shown.lists.length > 0);
    proxy.refuse();
    proxy.cut();
    await client.create('Lost', 'Kept 1', 'Kept 2');
    proxy.admit();
    await until('the list, read again', () => shown.lists.length > 1);
    expect(shown.lists[1]?.map(({ subject }) => subject)).toEqual(
      expect.arrayContaining(['Lost', 'Kept 1', 'Kept 2']),
    );
    await client.create('Next');
    await client.shows(1);
    expect(shown.subjects).toEqual(['Next']);
    expect(shown.failures).toEqual([]);
  });

  test('goes on from where it was, once it is not refused any more', async () => {
    const log = createMemoryLog();
    let [isDown, refusals] = [false, 0];
    const eventLog: EventLog = {
      ...log,
      head: async (workspaceId) => {
        if (!isDown) return log.head(workspaceId);
        refusals += 1;
        throw new GatewayError('BACKEND_UNAVAILABLE', 'Later.');
      },
    };
    await using client = await watching(connect, { parts: { eventLog } });
    const { proxy, shown } = client;
    await until('the list', () => shown.lists.length > 0);
    await client.create('Before');
    await client.shows(1);
    isDown = true;
    proxy.cut();
    await client.create('Meanwhile');
    await until('two refusals', () => refusals > 1);
    isDown = false;
    await client.shows(2);
    await client.create('Back');
    await client.shows(3);
    expect(shown.subjects).toEqual(['Before', 'Meanwhile', 'Back']);
    expect(shown.lists).toHaveLength(1);
    expect(shown.failures).toEqual([]);
  });

  test('gives up where its key is refused', async () => {
    const key = `aclou_${'0'.repeat(40)}`;
    await using client = await watching(
      connect,
      {},
      { authorization: `Bearer ${key}`, 'x-workspace-id': 'ws_sandbox' },
    );
    const { proxy, shown } = client;
    await until('the refusal', () => shown.failures.length > 0);
    await until('the end of the connection', () => proxy.open === 0);
    expect(shown.lists).toEqual([]);
    expect(proxy.attempts).toBe(1);
  });

  test('fits on a page', async () => {
    for (const file of [name, 'resuming-socket', 'until-allowed']) {
      const text = await readFile(new URL(`../examples/${file}.ts`, import.meta.url), 'utf8');
      expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(36);
    }
  });
});
