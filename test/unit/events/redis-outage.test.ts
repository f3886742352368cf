import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import type { EventLog, LogNews } from '../../../src/events/log/log.ts';
import { createRedisLog, type RedisLogOptions } from '../../../src/events/log/redis-log.ts';
import { makeEvent } from '../../contract/event-fixtures.ts';
import { freePort } from '../../support/free-port.ts';
import { redisMissing, startRedis } from '../../support/redis.ts';
import { until, within } from '../../support/wait.ts';

const a = 'ws_a';
const unavailable = { name: 'GatewayError', code: 'EVENT_LOG_UNAVAILABLE', retryable: true };
const now = (): string => new Date().toISOString();

/** Every method that asks Redis. */
const steps: readonly ((log: EventLog) => Promise<unknown>)[] = [
  (log) => log.append(a, makeEvent(), now()),
  (log) => log.read(a, 0, 1),
  (log) => log.head(a),
  (log) => log.retainedSince(a),
  (log) => log.lastWebhookAt(a),
  (log) => log.locate(a, 'MTpub19lcG9jaDowOkFBQUFBQUFB'),
  (log) => log.known(a, 'tkt_1'),
];

const answers = (log: EventLog): Promise<boolean> =>
  log.read(a, 0, 1).then(
    () => true,
    () => false,
  );

/** A connection beside those of the log. */
function administer(url: string) {
  const client = new Redis(url);
  return { client, [Symbol.asyncDispose]: async () => client.disconnect() };
}

/** A way to a server whose connections of that moment carry nothing any more once it is cut; later ones do. */
async function startWire(url: string) {
  const port = Number(new URL(url).port);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) sockets.add(socket.on('error', () => undefined));
    near.pipe(far).pipe(near);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `redis://127.0.0.1:${address.port}`,
    cut: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What the log says of Redis. */
function createWitness() {
  const lines: { readonly fields: object; readonly message: string }[] = [];
  const take = (fields: object, message: string) => void lines.push({ fields, message });
  return { warn: take, error: take, lines };
}

describe.skipIf(redisMissing)('event log in Redis, while that is away', () => {
  const open = (redisUrl: string, options: Partial<RedisLogOptions> = {}) => {
    const log = createRedisLog({ redisUrl, prefix: randomUUID(), ...options });
    return { log, [Symbol.asyncDispose]: () => log.close() };
  };

  test('where there is no server everything is out of reach, and why is said once', async () => {
    const witness = createWitness();
    await using it = open(`redis://127.0.0.1:${await freePort()}`, { log: witness });
    for (const step of steps) await expect(step(it.log)).rejects.toMatchObject(unavailable);
    await expect(it.log.durability()).rejects.toMatchObject(unavailable);
    expect(witness.lines.map(({ message }) => message).toSorted()).toEqual([
      'Redis cannot be reached: event log',
      'Redis cannot be reached: news of events',
    ]);
    expect(JSON.stringify(witness.lines)).toContain('ECONNREFUSED');
  });

  test('a server that does not answer is out of reach after a second, and its listeners are told of its return', async () => {
    await using redis = await startRedis();
    await using it = open(redis.url);
    const told: LogNews[] = [];
    await it.log.head(a);
    it.log.watch(a, (news) => told.push(news));
    redis.freeze();
    const begun = performance.now();
    await Promise.all(steps.map((step) => expect(step(it.log)).rejects.toMatchObject(unavailable)));
    expect(performance.now() - begun).toBeLessThan(2_000);
    expect(told).toEqual([]);
    redis.thaw();
    await until('the news', () => told.length > 0);
    expect(told[0]).toBe('RECONNECTED');
    await until('an answer', () => answers(it.log));
  });

  test('what a killed server had acknowledged is all there when it is back, and what it refused comes once', async () => {
    await using redis = await startRedis({ durable: true });
    await using it = open(redis.url);
    const events = Array.from({ length: 200 }, (_, at) => makeEvent({ ticketId: `tkt_${at % 7}` }));
    const acknowledged = new Map<string, string>();
    const refused: typeof events = [];
    const queue = [...events];
    const send = async (): Promise<void> => {
      for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
        const outcome = await it.log.append(a, event, now()).catch((error: unknown) => error);
        if (outcome instanceof Error) {
          expect(outcome).toMatchObject(unavailable);
          refused.push(event);
        } else acknowledged.set(event.eventId, JSON.stringify(outcome));
      }
    };
    const sending = Promise.all([send(), send(), send(), send(), send()]);
    await until('some of them', () => acknowledged.size >= 60);
    await redis.kill();
    await sending;
    expect(refused.length).toBeGreaterThan(0);
    await redis.start();
    await until('an answer', () => answers(it.log));
    const kept = await it.log.read(a, 0, 1_000);
    const outcomes = new Map(
      kept.map(({ record }) => [
        record.event.eventId,
        JSON.stringify({ result: 'APPENDED', record, contested: false }),
      ]),
    );
    for (const [eventId, outcome] of acknowledged) expect(outcomes.get(eventId)).toBe(outcome);
    for (const event of refused) await it.log.append(a, event, now());
    const all = await it.log.read(a, 0, 1_000);
    expect(all.map(({ record }) => record.event.eventId).toSorted()).toEqual(
      events.map(({ eventId }) => eventId).toSorted(),
    );
    expect(all.slice(0, kept.length)).toEqual(kept);
  });

  test('after a restart that lost everything the log is another one, and everybody is told to look', async () => {
    await using redis = await startRedis();
    await using it = open(redis.url);
    const told: string[] = [];
    const { record } = await it.log
      .append(a, makeEvent(), now())
      .then((outcome) => (outcome.result === 'APPENDED' ? outcome : expect.unreachable()));
    it.log.watch(a, (news) => told.push(`a ${news}`));
    it.log.watch('ws_b', (news) => told.push(`b ${news}`));
    await redis.kill();
    await redis.start();
    await until('the news', () => told.length >= 2);
    expect(told.toSorted()).toEqual(['a RECONNECTED', 'b RECONNECTED']);
    expect(await it.log.locate(a, record.cursor)).toEqual({ kind: 'GAP', reason: 'SOURCE_RESTARTED' });
  });

  test('when only the connection of the news was cut, everybody is told to look too', async () => {
    await using redis = await startRedis();
    const prefix = randomUUID();
    await using it = open(redis.url, { prefix });
    await using other = open(redis.url, { prefix });
    const told: string[] = [];
    it.log.watch(a, (news) => told.push(news));
    await it.log.head(a);
    await using admin = administer(redis.url);
    await admin.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await other.log.append(a, makeEvent(), now());
    await until('the news', () => told.length > 0);
    expect(told).toEqual(['RECONNECTED']);
    await other.log.append(a, makeEvent(), now());
    await until('more news', () => told.length > 1);
    expect(told).toEqual(['RECONNECTED', 'APPENDED']);
  });

  test('a connection that died without a word is found out, and everybody is told to look', async () => {
    await using redis = await startRedis();
    await using wire = await startWire(redis.url);
    const prefix = randomUUID();
    await using it = open(wire.url, { prefix });
    await using other = open(redis.url, { prefix });
    const told: string[] = [];
    it.log.watch(a, (news) => told.push(news));
    await it.log.head(a);
    wire.cut();
    await other.log.append(a, makeEvent(), now());
    await until('the news', () => told.length > 0, 10_000);
    expect(told).toEqual(['RECONNECTED']);
    await expect(it.log.head(a)).rejects.toMatchObject(unavailable);
    await until('an answer', () => answers(it.log));
    await other.log.append(a, makeEvent(), now());
    await until('more news', () => told.at(-1) === 'APPENDED');
  });

  test('whoever listened before there was a server is told when there is one', async () => {
    await using redis = await startRedis();
    await redis.kill();
    await using it = open(redis.url);
    const news = Promise.withResolvers<LogNews>();
    it.log.watch(a, news.resolve);
    await expect(it.log.head(a)).rejects.toMatchObject(unavailable);
    await redis.start();
    expect(await within('the news', news.promise)).toBe('RECONNECTED');
    expect(await it.log.head(a)).toMatchObject({ position: 0 });
  });

  test('a server without memory to spare takes nothing, whole or in part, until it has some', async () => {
    await using redis = await startRedis({ settings: ['--maxmemory', '500kb'] });
    const witness = createWitness();
    const told: LogNews[] = [];
    await using it = open(redis.url, { log: witness });
    it.log.watch(a, (news) => told.push(news));
    const event = makeEvent();
    const refusal = await it.log.append(a, event, now()).catch((error: unknown) => error);
    expect(refusal).toMatchObject(unavailable);
    expect(JSON.stringify(witness.lines)).toContain('OOM');
    // What it tells of itself holds nothing of the ticket.
    expect(inspect([refusal, witness.lines], { depth: 10 })).not.toContain('ada@example.com');
    await using admin = administer(redis.url);
    expect(await admin.client.dbsize()).toBe(0);
    await admin.client.config('SET', 'maxmemory', '0');
    expect(await it.log.append(a, event, now())).toMatchObject({ result: 'APPENDED' });
    await admin.client.config('SET', 'maxmemory', '1');
    await expect(it.log.append(a, makeEvent(), now())).rejects.toMatchObject(unavailable);
    expect(await it.log.read(a, 0, 10)).toHaveLength(1);
    expect(await it.log.append(a, event, now())).toEqual({ result: 'REPEATED' });
  });
});

describe.skipIf(redisMissing)('what Redis keeps', () => {
  const warningsOf = async (url: string) => {
    const witness = createWitness();
    const log = createRedisLog({ redisUrl: url, prefix: randomUUID(), log: witness });
    const durability = await log.durability();
    await log.head(a);
    await log.close();
    return { durability, warnings: witness.lines.map(({ message }) => message) };
  };

  test('is everything under settings that make it so: nothing is said', async () => {
    await using redis = await startRedis({ durable: true });
    expect(await warningsOf(redis.url)).toEqual({ durability: { kind: 'DURABLE' }, warnings: [] });
  });

  test('may be less under others: which they are and what may be lost is said once', async () => {
    await using redis = await startRedis({
      settings: ['--maxmemory-policy', 'allkeys-lru', '--no-appendfsync-on-rewrite', 'yes'],
    });
    const { durability, warnings } = await warningsOf(redis.url);
    const faults = [
      'appendonly no',
      'appendfsync everysec',
      'no-appendfsync-on-rewrite yes',
      'maxmemory-policy allkeys-lru',
    ];
    expect(durability).toEqual({ kind: 'WEAK', faults });
    expect(warnings).toEqual([
      'Seconds of acknowledged events may be lost when Redis or its machine fails: it has appendonly no, ' +
        'appendfsync everysec, no-appendfsync-on-rewrite yes, maxmemory-policy allkeys-lru. Events are safe with ' +
        'appendonly yes, appendfsync always, no-appendfsync-on-rewrite no, maxmemory-policy noeviction.',
    ]);
  });

  test('cannot be told where its settings are nobody’s business: that is said too', async () => {
    await using redis = await startRedis({ settings: ['--rename-command', 'CONFIG', ''] });
    const { durability, warnings } = await warningsOf(redis.url);
    expect(durability).toEqual({ kind: 'UNKNOWN', reason: 'it does not tell its appendonly' });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('may be lost');
  });

  test('is looked at again after each reconnection', async () => {
    await using redis = await startRedis({ durable: true });
    const witness = createWitness();
    const log = createRedisLog({ redisUrl: redis.url, prefix: randomUUID(), log: witness });
    await log.head(a);
    await using admin = administer(redis.url);
    await admin.client.config('SET', 'appendfsync', 'everysec');
    await admin.client.call('CLIENT', 'KILL', 'TYPE', 'normal');
    await until('the warning', () => witness.lines.some(({ message }) => message.includes('may be lost')));
    expect(await log.durability()).toEqual({ kind: 'WEAK', faults: ['appendfsync everysec'] });
    await log.close();
  });
});
