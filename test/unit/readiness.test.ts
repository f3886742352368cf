import { expect, test } from 'vitest';
import { createMemoryLog } from '../../src/events/log/memory-log.ts';
import type { EventLog } from '../../src/events/log/log.ts';
import { GatewayError } from '../../src/domain/errors.ts';
import { logTrialMs } from '../../src/gateway-readiness.ts';
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
