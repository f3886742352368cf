import { expect, test } from 'vitest';
import { createMemoryLog } from '../../src/events/log/memory-log.ts';
import type { EventLog } from '../../src/events/log/log.ts';
import { GatewayError } from '../../src/domain/errors.ts';
import { logTrialMs } from '../../src/gateway-readiness.ts';
import { parseConfig } from '../../src/config/config.ts';
import { createGateway } from '../../src/gateway.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { redisMissing, startRedis } from '../support/redis.ts';
import { until } from '../support/wait.ts';
import { deliver, ticketDelivery } from '../support/delivery.ts';
import { startGateway } from '../support/gateway.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

const probe = async (origin: string) => {
  const response = await fetch(`${origin}/readyz`);
  return { code: response.status, body: (await response.json()) as Record<string, unknown> };
};

/** A log in memory that can be made to take nothing. */
function fragileLog() {
  const log = createMemoryLog();
  const fragile = { fails: false };
  const eventLog: EventLog = {
    ...log,
    append: (...event) =>
      fragile.fails
        ? Promise.reject(new GatewayError('EVENT_LOG_UNAVAILABLE', 'The disk is full.'))
        : log.append(...event),
  };
  return { fragile, eventLog };
}

test('a gateway that serves is ready, and tells how it saw the backend and the log', async () => {
  await using gateway = await startGateway();
  const { code, body } = await probe(gateway.origin);
  expect(code).toBe(200);
  expect(body).toEqual({
    status: 'ready',
    backend: { circuit: 'CLOSED', since: expect.any(String) },
    eventLog: { appends: 'UNTRIED', since: expect.any(String), shared: false },
    redis: null,
  });
  expect(gateway.calls).toEqual([]);
});

test('a gateway whose own log takes no events is not ready, until it takes one or a while has passed', async () => {
  const clock = createVirtualClock();
  const { fragile, eventLog } = fragileLog();
  await using gateway = await startGateway({ clock, parts: { eventLog } });
  const send = () =>
    deliver(gateway.receiverUrl, ticketDelivery('ticket.updated', {}), {
      secret: gateway.secret,
      at: new Date(clock.now()),
    });
  fragile.fails = true;
  expect((await send()).status).toBe(503);
  expect(await probe(gateway.origin)).toMatchObject({ code: 503, body: { status: 'log-fails' } });
  expect((await fetch(`${gateway.origin}/healthz`)).status).toBe(200);

  await clock.advance(logTrialMs);
  expect(await probe(gateway.origin)).toMatchObject({ code: 200, body: { eventLog: { appends: 'FAILED' } } });

  fragile.fails = false;
  expect((await send()).status).toBe(200);
  expect(await probe(gateway.origin)).toMatchObject({ code: 200, body: { eventLog: { appends: 'TAKEN' } } });
});

test('a backend that is down takes no gateway out', async () => {
  await using gateway = await startGateway();
  await gateway.sandbox.goDown();
  for (let calls = 0; calls < 12; calls += 1)
    await gateway.query(`{ tickets(first: ${calls + 1}) { edges { cursor } } }`);
  expect(await probe(gateway.origin)).toMatchObject({ code: 200, body: { backend: { circuit: 'OPEN' } } });
});

test('before it has begun it is not ready, and says why', async () => {
  await using sandbox = await startSandbox({ tickets: 1 });
  const { backend, ...config } = parseConfig({
    HELPDESK_URL: sandbox.url,
    DATA_DIR: 'off',
  });
  if (backend === null) throw new Error('the sandbox was not taken for a backend');
  const gateway = createGateway({ ...config, backend }, { background: false });
  const ask = async () => {
    const response = await gateway.fetch(new Request('http://127.0.0.1:4000/readyz'));
    return { code: response.status, body: await response.json() };
  };
  expect(await ask()).toMatchObject({ code: 503, body: { status: 'starting' } });
  gateway.start();
  expect(await ask()).toMatchObject({ code: 200, body: { status: 'ready' } });
  gateway.drain();
  expect(await ask()).toMatchObject({ code: 503, body: { status: 'draining' } });
  await gateway.dispose();
});

test.skipIf(redisMissing)('a Redis that is gone is told of, and takes no gateway out', async () => {
  await using redis = await startRedis();
  await using gateway = await startGateway({ env: { REDIS_URL: redis.url } });
  const seen = async () => {
    await gateway.query('{ tickets(first: 1) { edges { cursor } } }');
    return probe(gateway.origin);
  };
  await until('Redis is seen', async () => {
    const { code, body } = await seen();
    expect(code).toBe(200);
    return JSON.stringify(body['redis']) === '{"reached":true}';
  });
  await redis.kill();
  await until('its absence is seen', async () => {
    const { code, body } = await seen();
    expect({ code, status: body['status'] }).toEqual({ code: 200, status: 'ready' });
    return JSON.stringify(body['redis']) === '{"reached":false}';
  });
  expect((await probe(gateway.origin)).body).toMatchObject({ eventLog: { shared: true } });
});
