import { describe, expect, test } from 'vitest';
import { ticketEventTypes } from '../../../src/domain/event.ts';
import { checkRegistration } from '../../../src/registration/check.ts';
import { readRecord } from '../../../src/registration/record.ts';
import type { Registration } from '../../../src/registration/registration.ts';
import { rotateWebhook } from '../../../src/registration/rotate.ts';
import { createSteps } from '../../../src/registration/steps.ts';
import type { VirtualClock } from '../../support/virtual-clock.ts';
import { createDeployment, ownName, refusal, targetUrl, workspaceId } from './support.ts';

const minutes = 60_000;
const signal = new AbortController().signal;

/** Rotates without a pause. */
async function rotate(registration: Registration, clock: VirtualClock): Promise<void> {
  const rotating = registration.rotate({ signal, drainMs: 0 });
  await Promise.all([rotating, clock.advance(1)]);
}

test('without a webhook one is made, for every type of event, and its secret is known', async () => {
  const { gateway, helpdesk, clock } = createDeployment();
  const registration = gateway();
  expect(registration.secretsOf(workspaceId)).toEqual([]);
  expect(registration.registered(workspaceId)).toBe(false);
  registration.start();
  await clock.advance(0);
  expect([...helpdesk.rows.values()]).toMatchObject([
    { id: 'whk_1', name: ownName, targetUrl, events: ticketEventTypes, active: true },
  ]);
  expect(registration.secretsOf(workspaceId)).toEqual([helpdesk.secretOf('whk_1')]);
  expect(registration.registered(workspaceId)).toBe(true);
  expect(registration.feeds(workspaceId, { id: 'whk_1', targetUrl, active: true })).toBe(true);
  await registration.close();
});

test('of another workspace nothing is known', async () => {
  const { gateway, clock } = createDeployment();
  const registration = gateway({ configuredSecrets: ['whsec_configured'] });
  registration.start();
  await clock.advance(0);
  expect(registration.secretsOf('ws_2')).toEqual([]);
  expect(registration.registered('ws_2')).toBe(false);
  expect(await registration.refresh('ws_2')).toBe(false);
  expect(registration.feeds('ws_2', { id: 'whk_1', targetUrl, active: true })).toBe(false);
  await registration.close();
});

test('after a restart the webhook is found again, also on a later page', async () => {
  const { gateway, helpdesk, clock } = createDeployment();
  for (let count = 0; count < 5; count += 1)
    helpdesk.add({ targetUrl: `https://other.example.com/${count}` });
  const first = gateway();
  first.start();
  await clock.advance(0);
  await first.close();
  expect(helpdesk.changes()).toEqual(['create']);
  const second = gateway();
  second.start();
  await clock.advance(0);
  expect(helpdesk.changes()).toEqual(['create']);
  expect(second.secretsOf(workspaceId)).toEqual([helpdesk.secretOf('whk_6')]);
  expect(second.registered(workspaceId)).toBe(true);
  await second.close();
});

test.for([
  ['is inactive', { active: false }],
  ['lacks an event', { events: ticketEventTypes.slice(1) }],
  ['points elsewhere', { targetUrl: 'https://old.example.com/webhooks/helpdesk/ws_1', name: 'Old' }],
] as const)('a webhook of ours that %s is repaired at the next check', async ([, fault]) => {
  const { gateway, helpdesk, clock } = createDeployment();
  const registration = gateway();
  registration.start();
  await clock.advance(0);
  const whole = helpdesk.rows.get('whk_1');
  if (whole) helpdesk.rows.set('whk_1', { ...whole, ...fault });
  await clock.advance(11 * minutes);
  expect(helpdesk.changes()).toEqual(['create', 'update whk_1']);
  expect(helpdesk.rows.get('whk_1')).toEqual(whole);
  await registration.close();
});

test('how its target is written does not matter', async () => {
  const { gateway, helpdesk, clock } = createDeployment();
  const registration = gateway();
  registration.start();
  await clock.advance(0);
  const row = helpdesk.rows.get('whk_1');
  if (row) {
    const written = 'https://GATEWAY.example.com:443/webhooks/helpdesk/ws_1/';
    helpdesk.rows.set('whk_1', { ...row, targetUrl: written });
  }
  await clock.advance(11 * minutes);
  expect(helpdesk.changes()).toEqual(['create']);
  await registration.close();
});

test('a webhook that vanished is made anew, and the old secret stays for deliveries on their way', async () => {
  const { gateway, helpdesk, clock } = createDeployment();
  const registration = gateway();
  registration.start();
  await clock.advance(0);
  helpdesk.rows.delete('whk_1');
  await clock.advance(11 * minutes);
  expect([...helpdesk.rows.keys()]).toEqual(['whk_2']);
  const secrets = [helpdesk.secretOf('whk_2'), helpdesk.secretOf('whk_1')];
  expect(registration.secretsOf(workspaceId)).toEqual(secrets);
  await clock.advance(15 * minutes);
  expect(registration.secretsOf(workspaceId)).toEqual(secrets.slice(0, 1));
  await registration.close();
});

test('a list that lacks the webhook for a moment makes no second one', async () => {
  const { gateway, helpdesk, clock } = createDeployment();
  const registration = gateway({
    session: () => ({
      webhooks: { ...helpdesk.webhooks, list: async () => ({ items: [], nextCursor: null }) },
    }),
  });
  registration.start();
  await clock.advance(11 * minutes);
  expect(helpdesk.changes()).toEqual(['create']);
  await registration.close();
});

test('a webhook of our name whose secret nobody knows goes once another stands', async () => {
  const { gateway, helpdesk, clock } = createDeployment();
  helpdesk.add({ name: ownName });
  const registration = gateway();
  registration.start();
  await clock.advance(0);
  expect(helpdesk.changes()).toEqual(['create', 'delete whk_1']);
  await registration.close();
});

test('a webhook that people have made for our receiver is left alone, and they are told once', async () => {
  const { gateway, helpdesk, clock, lines } = createDeployment();
  helpdesk.add({ name: 'By hand', targetUrl: `${targetUrl}/` });
  const registration = gateway();
  registration.start();
  await clock.advance(35 * minutes);
  expect(helpdesk.changes()).toEqual(['create']);
  expect(lines.filter(([level]) => level === 'warn')).toEqual([
    ['warn', expect.stringContaining('HELPDESK_WEBHOOK_SECRET'), { workspaceId, webhookId: 'whk_1' }],
  ]);
  await registration.close();
});

test('a webhook that people have made is marked once a delivery signed with its secret has come', async () => {
  const { gateway, helpdesk, clock } = createDeployment();
  const byHand = helpdesk.add({ name: 'By hand' });
  const registration = gateway({ configuredSecrets: ['whsec_configured'] });
  registration.start();
  await clock.advance(0);
  registration.heard(workspaceId, `channel of ${helpdesk.secretOf('whk_2')}`);
  expect(registration.feeds(workspaceId, byHand)).toBe(false);
  registration.heard(workspaceId, 'channel of whsec_configured');
  expect(registration.feeds(workspaceId, byHand)).toBe(true);
  expect(registration.feeds(workspaceId, { ...byHand, active: false })).toBe(false);
  expect(registration.feeds(workspaceId, { ...byHand, targetUrl: 'https://other.example.com/' })).toBe(false);
  expect(registration.secretsOf(workspaceId)).toEqual([helpdesk.secretOf('whk_2'), 'whsec_configured']);
  await registration.close();
});

test('a webhook whose secret cannot be stored is deleted again, and its secret forgotten', async () => {
  const { gateway, helpdesk, clock, store } = createDeployment();
  let broken = true;
  const registration = gateway({
    store: {
      ...store,
      swap: (...call) => (broken ? Promise.reject(new Error('disk full')) : store.swap(...call)),
    },
  });
  registration.start();
  await clock.advance(0);
  expect(helpdesk.changes()).toEqual(['create', 'delete whk_1']);
  expect(registration.secretsOf(workspaceId)).toEqual([]);
  expect(registration.registered(workspaceId)).toBe(false);
  broken = false;
  await clock.advance(6_000);
  expect([...helpdesk.rows.keys()]).toEqual(['whk_2']);
  expect(registration.registered(workspaceId)).toBe(true);
  await registration.close();
});

test('a delivery that comes before the store has the secret is genuine already', async () => {
  const { gateway, helpdesk, clock, store } = createDeployment();
  const seen: (readonly string[])[] = [];
  const registration = gateway({
    store: {
      ...store,
      swap: async (...call) => {
        // Whoever looks now finds what was stored before, which is no news.
        await registration.refresh(workspaceId);
        seen.push(registration.secretsOf(workspaceId));
        return store.swap(...call);
      },
    },
  });
  registration.start();
  await clock.advance(0);
  expect(seen[0]).toEqual([helpdesk.secretOf('whk_1')]);
  await registration.close();
});

test('what was read before a change is not taken for news after it', async () => {
  const { gateway, helpdesk, clock, store } = createDeployment();
  const gate = Promise.withResolvers<void>();
  let held: Promise<void> | null = null;
  const registration = gateway({
    store: {
      ...store,
      get: async (name) => {
        const value = await store.get(name);
        await held;
        return value;
      },
    },
  });
  registration.start();
  await clock.advance(2_000);
  held = gate.promise;
  const looking = registration.refresh(workspaceId);
  await clock.advance(0);
  held = null;
  await rotate(registration, clock);
  gate.resolve();
  await looking;
  expect(registration.secretsOf(workspaceId)[0]).toBe(helpdesk.secretOf('whk_2'));
  await registration.close();
});

test('two gateways on one store make one webhook, and the second goes on when the first has gone', async () => {
  const { gateway, helpdesk, clock } = createDeployment();
  const [one, other] = [gateway(), gateway()];
  one.start();
  other.start();
  await clock.advance(31_000);
  expect(helpdesk.changes()).toEqual(['create']);
  for (const registration of [one, other]) {
    expect(registration.secretsOf(workspaceId)).toEqual([helpdesk.secretOf('whk_1')]);
    expect(registration.registered(workspaceId)).toBe(true);
  }
  await one.close();
  helpdesk.rows.delete('whk_1');
  await clock.advance(1 * minutes);
  expect([...helpdesk.rows.keys()]).toEqual(['whk_2']);
  await other.close();
});

test('a gateway learns of another’s secret when a delivery does not verify, and reads the store once a second', async () => {
  const { gateway, helpdesk, clock, store } = createDeployment();
  let reads = 0;
  const counted = {
    ...store,
    get: (name: string) => {
      reads += 1;
      return store.get(name);
    },
  };
  const [one, other] = [gateway(), gateway({ store: counted })];
  one.start();
  await clock.advance(0);
  other.start();
  await clock.advance(2_000);
  await rotate(one, clock);
  expect(other.secretsOf(workspaceId)).toEqual([helpdesk.secretOf('whk_1')]);
  reads = 0;
  const answers = await Promise.all(Array.from({ length: 500 }, () => other.refresh(workspaceId)));
  expect(reads).toBe(1);
  expect(answers).toContain(true);
  expect(other.secretsOf(workspaceId)).toContain(helpdesk.secretOf('whk_2'));
  for (let tenth = 0; tenth < 50; tenth += 1) {
    await other.refresh(workspaceId);
    await clock.advance(100);
  }
  expect(reads).toBeLessThanOrEqual(6);
  await Promise.all([one.close(), other.close()]);
});

test('a store that does not answer keeps a delivery waiting for a second at most', async () => {
  const { gateway, clock, store } = createDeployment();
  const registration = gateway({ store: { ...store, get: () => new Promise(() => undefined) } });
  const asked = registration.refresh(workspaceId);
  await clock.advance(1_000);
  expect(await asked).toBe(false);
});

test('rotating makes a new webhook, then deletes the old one, whose secret stays valid for 15 minutes', async () => {
  const { gateway, helpdesk, clock } = createDeployment();
  const registration = gateway();
  registration.start();
  await clock.advance(0);
  const steps: string[] = [];
  const rotating = registration.rotate({ signal, onStep: (step, id) => steps.push(`${step} ${id}`) });
  await clock.advance(9_000);
  expect([...helpdesk.rows.keys()]).toEqual(['whk_1', 'whk_2']);
  for (const webhook of helpdesk.rows.values()) expect(registration.feeds(workspaceId, webhook)).toBe(true);
  await clock.advance(1_000);
  await rotating;
  expect(steps).toEqual(['MADE whk_2', 'DELETED whk_1']);
  expect([...helpdesk.rows.keys()]).toEqual(['whk_2']);
  const [old, current] = [helpdesk.secretOf('whk_1'), helpdesk.secretOf('whk_2')];
  await clock.advance(15 * minutes - 1);
  expect(registration.secretsOf(workspaceId)).toEqual([current, old]);
  await clock.advance(1);
  expect(registration.secretsOf(workspaceId)).toEqual([current]);
  await clock.advance(30 * minutes);
  expect(helpdesk.changes()).toEqual(['create', 'create', 'delete whk_1']);
  await registration.close();
});

test('an old webhook that could not be deleted goes with the next check, and is genuine until then', async () => {
  const { gateway, helpdesk, clock } = createDeployment();
  const registration = gateway();
  registration.start();
  await clock.advance(0);
  helpdesk.fail((call) => (call.startsWith('delete') ? refusal('BACKEND_BUSY', 503) : null));
  await expect(rotate(registration, clock)).rejects.toThrow('BACKEND_BUSY');
  expect(registration.secretsOf(workspaceId)).toEqual([
    helpdesk.secretOf('whk_2'),
    helpdesk.secretOf('whk_1'),
  ]);
  helpdesk.fail(() => null);
  await clock.advance(11 * minutes);
  expect([...helpdesk.rows.keys()]).toEqual(['whk_2']);
  await registration.close();
});

test('a gateway that keeps no webhook learns the secrets of the one that another keeps, and asks nobody', async () => {
  const { gateway, helpdesk, clock } = createDeployment();
  const [keeper, other] = [gateway(), gateway({ keeps: false, targetUrl: '' })];
  other.start();
  await clock.advance(62_000);
  expect(helpdesk.calls).toEqual([]);
  keeper.start();
  await clock.advance(0);
  expect(await other.refresh(workspaceId)).toBe(true);
  expect(other.secretsOf(workspaceId)).toEqual([helpdesk.secretOf('whk_1')]);
  expect(other.registered(workspaceId)).toBe(true);
  expect(other.feeds(workspaceId, { id: 'whk_1', targetUrl, active: true })).toBe(true);
  await rotate(keeper, clock);
  await clock.advance(30_000);
  expect(other.secretsOf(workspaceId)[0]).toBe(helpdesk.secretOf('whk_2'));
  await Promise.all([keeper.close(), other.close()]);
  expect(clock.timers).toBe(0);
});

test('a check and a rotation never overlap: nothing is made twice', async () => {
  const { gateway, helpdesk, clock } = createDeployment();
  const [one, other] = [gateway(), gateway()];
  one.start();
  await clock.advance(0);
  // The other rotates while the first one's next check is under way.
  const waiting = Promise.withResolvers<void>();
  helpdesk.meanwhile((call) => (call === 'list' ? waiting.promise : Promise.resolve()));
  await clock.advance(10 * minutes);
  const rotating = other.rotate({ signal, drainMs: 0 });
  await clock.advance(1_000);
  expect(helpdesk.changes()).toEqual(['create']);
  waiting.resolve();
  await clock.advance(20_000);
  await rotating;
  expect(helpdesk.changes()).toEqual(['create', 'create', 'delete whk_1']);
  await clock.advance(30 * minutes);
  expect([...helpdesk.rows.keys()]).toEqual(['whk_2']);
  await Promise.all([one.close(), other.close()]);
});

test('a check that stood still past its lease overwrites no rotation', async () => {
  const { place, helpdesk, clock, store } = createDeployment();
  await checkRegistration(createSteps(place), signal, new Set());
  const rotateMeanwhile = async (): Promise<void> => {
    const rotating = rotateWebhook(createSteps(place), { signal, drainMs: 0 });
    await Promise.all([rotating, clock.advance(1)]);
  };
  const slow = {
    ...store,
    set: async (...call: Parameters<typeof store.set>) => {
      await rotateMeanwhile();
      return store.set(...call);
    },
    swap: async (...call: Parameters<typeof store.swap>) => {
      await rotateMeanwhile();
      return store.swap(...call);
    },
  };
  const late = checkRegistration(createSteps({ ...place, store: slow }), signal, new Set());
  await expect(late).rejects.toThrow('another process has changed the registration');
  expect([...helpdesk.rows.keys()]).toEqual(['whk_2']);
  const { record } = await readRecord(store, 'registration:helpdesk:ws_1');
  expect(record.current).toEqual({ webhookId: 'whk_2', secret: helpdesk.secretOf('whk_2') });
});

test('a check that stood still deletes nothing that a rotation has made meanwhile', async () => {
  const { place, helpdesk, clock, store } = createDeployment();
  await checkRegistration(createSteps(place), signal, new Set());
  let read = false;
  const slow = {
    ...store,
    get: async (name: string) => {
      const found = await store.get(name);
      // Between its look at the store and its look at the list a whole rotation fits, but for the old one’s end.
      if (!read) {
        read = true;
        const rotating = rotateWebhook(createSteps(place), { signal, drainMs: minutes });
        rotating.catch(() => undefined);
        await clock.advance(1);
      }
      return found;
    },
  };
  await expect(checkRegistration(createSteps({ ...place, store: slow }), signal, new Set())).rejects.toThrow(
    'meanwhile',
  );
  expect([...helpdesk.rows.keys()]).toEqual(['whk_1', 'whk_2']);
  await clock.advance(minutes);
  expect([...helpdesk.rows.keys()]).toEqual(['whk_2']);
});

describe('with a backend that takes one webhook for a target', () => {
  const strict = () => {
    const deployment = createDeployment();
    const { helpdesk } = deployment;
    helpdesk.fail((call) => {
      const taken = [...helpdesk.rows.values()].some((row) => row.targetUrl === targetUrl);
      return call === 'create' && taken ? refusal('CONFLICT', 409) : null;
    });
    return deployment;
  };

  test('one of our name whose secret nobody knows goes first', async () => {
    const { gateway, helpdesk, clock, lines } = strict();
    helpdesk.add({ name: ownName });
    const registration = gateway();
    registration.start();
    await clock.advance(0);
    expect(helpdesk.changes()).toEqual(['create', 'delete whk_1', 'create']);
    expect(registration.registered(workspaceId)).toBe(true);
    expect(lines.filter(([level]) => level === 'warn')).toHaveLength(1);
    await registration.close();
  });

  test('one that people have made stays, and they are told what to do', async () => {
    const { gateway, helpdesk, clock, lines } = strict();
    helpdesk.add({ name: 'By hand' });
    const registration = gateway();
    registration.start();
    await clock.advance(0);
    expect(helpdesk.changes()).toEqual(['create']);
    const errors = lines.filter(([level]) => level === 'error').map(([, message]) => message);
    expect(errors).toEqual([expect.stringMatching(/^registration: no webhook: .*HELPDESK_WEBHOOK_SECRET/)]);
    await registration.close();
  });
});

test.for([
  ['a key that is not admin', refusal('INSUFFICIENT_API_PERMISSION', 403), 'error', 'level admin', 1],
  ['a target that is refused', refusal('VALIDATION_ERROR', 422), 'error', 'PUBLIC_URL', 1],
  ['a backend that is down', refusal('BACKEND_UNAVAILABLE', 503), 'warn', 'tried again', 6],
  [
    'spent requests',
    refusal('RATE_LIMIT_EXCEEDED', 429, { retryAfterMs: 4 * minutes }),
    'warn',
    'requests are spent',
    2,
  ],
] as const)(
  '%s is told, tried again with patience, and ends nothing',
  async ([, error, level, advice, attempts]) => {
    const { gateway, helpdesk, clock, lines } = createDeployment();
    helpdesk.fail((call) => (call === 'create' ? error : null));
    const registration = gateway();
    registration.start();
    await clock.advance(5 * minutes);
    expect(helpdesk.changes()).toEqual(Array.from({ length: attempts }, () => 'create'));
    expect(lines).toHaveLength(attempts);
    expect(lines[0]).toEqual([level, expect.stringContaining(advice), expect.anything()]);
    helpdesk.fail(() => null);
    await clock.advance(10 * minutes);
    expect(registration.registered(workspaceId)).toBe(true);
    await registration.close();
  },
);

test('what was last confirmed long ago is not relied on', async () => {
  const { gateway, helpdesk, clock } = createDeployment();
  const registration = gateway();
  registration.start();
  await clock.advance(0);
  helpdesk.fail(() => refusal('INVALID_API_KEY', 401));
  await clock.advance(25 * minutes);
  expect(registration.registered(workspaceId)).toBe(true);
  await clock.advance(10 * minutes);
  expect(registration.registered(workspaceId)).toBe(false);
  expect(registration.secretsOf(workspaceId)).toHaveLength(1);
  await registration.close();
});

test('what is stored and cannot be read counts as nothing, and is healed', async () => {
  const { gateway, helpdesk, clock, store } = createDeployment();
  helpdesk.add({ name: ownName });
  await store.set('registration:helpdesk:ws_1', '{"version":1');
  const registration = gateway();
  registration.start();
  await clock.advance(0);
  expect([...helpdesk.rows.keys()]).toEqual(['whk_2']);
  await registration.close();
});

test('no secret is logged, whatever happens', async () => {
  const { gateway, helpdesk, clock, lines, store } = createDeployment();
  helpdesk.add({ name: ownName });
  helpdesk.add({ name: 'By hand' });
  let broken = true;
  const registration = gateway({
    store: {
      ...store,
      swap: (name, before, value) =>
        broken ? Promise.reject(new Error(`cannot store ${value}`)) : store.swap(name, before, value),
    },
  });
  registration.start();
  await clock.advance(0);
  broken = false;
  await clock.advance(11 * minutes);
  await rotate(registration, clock);
  expect(lines.length).toBeGreaterThan(4);
  const texts = JSON.stringify(lines);
  for (const id of ['whk_3', 'whk_4', 'whk_5']) {
    const secret = helpdesk.secretOf(id);
    expect(texts).not.toContain(secret.slice('whsec_'.length));
  }
  await registration.close();
});

test('closed, it asks nothing more and leaves its webhook', async () => {
  const { gateway, helpdesk, clock } = createDeployment();
  const registration = gateway();
  registration.start();
  await clock.advance(0);
  await registration.close();
  const calls = helpdesk.calls.length;
  await clock.advance(60 * minutes);
  expect(helpdesk.calls).toHaveLength(calls);
  expect(clock.timers).toBe(0);
  expect([...helpdesk.rows.keys()]).toEqual(['whk_1']);
});
