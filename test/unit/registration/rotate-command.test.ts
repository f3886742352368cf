import { expect, test } from 'vitest';
import { rotateCommand, type RotateCommand } from '../../../src/registration/rotate-command.ts';
import { createDeployment, refusal, targetUrl, workspaceId } from './support.ts';

/** Runs the command of a deployment to its end. */
async function run(deployment: ReturnType<typeof createDeployment>, changes: Partial<RotateCommand> = {}) {
  const said: string[] = [];
  const running = rotateCommand({
    ...deployment.place,
    say: (line) => said.push(line),
    signal: new AbortController().signal,
    ...changes,
  });
  await deployment.clock.advance(30_000);
  return { code: await running, said };
}

test('it tells which webhook was made and which deleted, and no secret', async () => {
  const deployment = createDeployment();
  const { helpdesk, clock, lines } = deployment;
  const registration = deployment.gateway();
  registration.start();
  await clock.advance(0);
  const { code, said } = await run(deployment);
  expect(code).toBe(0);
  expect(said).toEqual([
    `Rotating the webhook of ${workspaceId} for ${targetUrl}`,
    expect.stringMatching(/^Made +whk_2: /),
    expect.stringMatching(/^Deleted +whk_1: /),
  ]);
  expect([...helpdesk.rows.keys()]).toEqual(['whk_2']);
  const told = JSON.stringify([said, lines]);
  for (const id of ['whk_1', 'whk_2']) expect(told).not.toContain(helpdesk.secretOf(id).slice(6));
  expect(registration.secretsOf(workspaceId)).toEqual([
    helpdesk.secretOf('whk_2'),
    helpdesk.secretOf('whk_1'),
  ]);
  await registration.close();
});

test('where the store knows of no webhook it asks nobody, and says where it looked', async () => {
  const deployment = createDeployment();
  const { code, said } = await run(deployment, { storeIs: 'the folder /srv/elsewhere/.data' });
  expect(code).toBe(1);
  expect(said.at(-1)).toMatch(
    /^There is nothing to rotate: the folder \/srv\/elsewhere\/.data knows of no webhook. Is DATA_DIR/,
  );
  expect(deployment.helpdesk.calls).toEqual([]);
  expect(await deployment.store.get('registration:helpdesk:ws_1')).toBeNull();
});

test('a store that does not answer is given up after 15 seconds, and nothing has changed', async () => {
  const deployment = createDeployment();
  const { clock } = deployment;
  const begun = clock.now();
  let ended = 0;
  const away = () => Promise.reject(new Error('connection refused'));
  const said: string[] = [];
  const running = rotateCommand({
    ...deployment.place,
    store: { ...deployment.store, get: away, lease: away, release: away },
    storeIs: 'Redis',
    say: (line) => said.push(line),
    signal: new AbortController().signal,
  }).finally(() => (ended = clock.now()));
  await clock.advance(20_000);
  expect(await running).toBe(1);
  expect(ended - begun).toBe(15_000);
  expect(said.at(-1)).toBe('Not finished: Redis has not answered for 15 s (connection refused).');
  expect(deployment.helpdesk.calls).toEqual([]);
  expect(clock.timers).toBe(0);
});

test('a store that is away for ten seconds is waited for', async () => {
  const deployment = createDeployment();
  const { clock, store } = deployment;
  const registration = deployment.gateway();
  registration.start();
  await clock.advance(0);
  await registration.close();
  const back = clock.now() + 10_000;
  const { code } = await run(deployment, {
    store: {
      ...store,
      lease: (...call) =>
        clock.now() < back ? Promise.reject(new Error('connection refused')) : store.lease(...call),
    },
  });
  expect(code).toBe(0);
});

test.for([
  ['a key', { workspaceId: null }, 'HELPDESK_API_KEY'],
  ['a public address', { targetUrl: null }, 'PUBLIC_URL'],
  ['a store that gateways share with it', { store: null }, 'DATA_DIR'],
] as const)('without %s it says what to set and asks nobody', async ([, missing, variable]) => {
  const deployment = createDeployment();
  const { code, said } = await run(deployment, missing);
  expect(code).toBe(1);
  expect(said).toEqual([expect.stringContaining(variable)]);
  expect(deployment.helpdesk.calls).toEqual([]);
});

test('what the backend refuses ends it with what to do', async () => {
  const deployment = createDeployment();
  const registration = deployment.gateway();
  registration.start();
  await deployment.clock.advance(0);
  await registration.close();
  deployment.helpdesk.fail(() => refusal('INSUFFICIENT_API_PERMISSION', 403));
  const { code, said } = await run(deployment);
  expect(code).toBe(1);
  expect(said.at(-1)).toMatch(/^Not finished: .*level admin.*INSUFFICIENT_API_PERMISSION/);
});

test('an old webhook that cannot be deleted is told, and the new one is in use', async () => {
  const deployment = createDeployment();
  const { helpdesk, clock } = deployment;
  const registration = deployment.gateway();
  registration.start();
  await clock.advance(0);
  helpdesk.fail((call) => (call.startsWith('delete') ? refusal('BACKEND_UNAVAILABLE', 503) : null));
  const { code, said } = await run(deployment);
  expect(code).toBe(1);
  expect(said.map((line) => line.split(' ')[0])).toEqual(['Rotating', 'Made', 'Not']);
  expect(said.at(-1)).toContain('the old one');
  expect(registration.secretsOf(workspaceId)[0]).toBe(helpdesk.secretOf('whk_2'));
  await registration.close();
});

test('it waits for a gateway that is at it, and gives up when it is told to', async () => {
  const deployment = createDeployment();
  await deployment.store.lease('registration:helpdesk:ws_1:change', 'a gateway', 600_000);
  const abort = new AbortController();
  deployment.clock.after(20_000, () => abort.abort(new Error('interrupted')));
  const { code, said } = await run(deployment, { signal: abort.signal });
  expect(code).toBe(1);
  expect(said.at(-1)).toBe('Not finished: given up.');
  expect(deployment.helpdesk.calls).toEqual([]);
});
