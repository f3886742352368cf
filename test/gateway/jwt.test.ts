import { expect, onTestFinished, test as base } from 'vitest';
import { startGateway } from '../support/gateway.ts';
import { TicketsPageDocument } from '../support/generated/graphql.ts';
import { startIssuer } from '../support/issuer.ts';
import { openSocket } from '../support/live.ts';

const test = base.extend('it', { scope: 'file' }, async ({}, { onCleanup }) => {
  const issuer = await startIssuer('RS256');
  const gateway = await startGateway({ env: issuer.env });
  onCleanup(async () => {
    await gateway[Symbol.asyncDispose]();
    await issuer[Symbol.asyncDispose]();
  });
  const ask = (key: string, workspaceId?: string) =>
    gateway.query(
      TicketsPageDocument,
      { first: 1 },
      { key, ...(workspaceId !== undefined && { workspaceId }) },
    );
  return { issuer, gateway, ask };
});

test('a token acts with the server’s key in the workspace it names', async ({
  it: { issuer, gateway, ask },
}) => {
  const { workspaceId } = gateway.sandbox;
  const answer = await ask(await issuer.sign({ workspace: workspaceId, sub: 'anna' }));
  expect([answer.status, answer.errors]).toEqual([200, undefined]);
  expect(gateway.sandbox.requests.at(-1)).toMatchObject({ keyLevel: 'admin' });
});

test('where one workspace is served, a token need not name it', async ({ it: { issuer, ask } }) => {
  expect((await ask(await issuer.sign())).errors).toBeUndefined();
});

test('its level counts, and without one it is good for reading', async ({ it: { issuer, gateway } }) => {
  const document = 'mutation { ticketCreate(input: { subject: "By token" }) { ticket { subject } } }';
  const write = async (level?: string) =>
    gateway.query(document, {}, { key: await issuer.sign(level === undefined ? {} : { level }) });
  expect((await write()).errors?.[0]?.extensions).toMatchObject({
    requiredLevel: 'WRITE',
    outcome: 'NOT_APPLIED',
  });
  expect((await write('WRITE')).data).toEqual({ ticketCreate: { ticket: { subject: 'By token' } } });
});

test('keys are read once for many tokens', async ({ it: { issuer, ask } }) => {
  await Promise.all(
    Array.from({ length: 20 }, async (_, index) => ask(await issuer.sign({ sub: `user-${index}` }))),
  );
  expect(issuer.asked).toBe(1);
});

test('a token of another workspace acts nowhere, whatever it asks for', async ({
  it: { issuer, gateway, ask },
}) => {
  const foreign = await issuer.sign({ workspace: 'ws_other' });
  gateway.forgetCalls();
  for (const workspaceId of [undefined, 'ws_other', gateway.sandbox.workspaceId]) {
    const { status, errors } = await ask(foreign, workspaceId);
    expect([status, errors?.[0]?.extensions?.['code']]).toEqual([403, 'INSUFFICIENT_API_PERMISSION']);
  }
  expect(gateway.calls).toEqual([]);
});

test('a token of another signer is refused', async ({ it: { issuer, gateway, ask } }) => {
  await using stranger = await startIssuer('RS256');
  gateway.forgetCalls();
  const answer = await ask(await stranger.sign({}, { header: { kid: issuer.key.kid } }));
  expect([answer.status, answer.errors?.[0]?.extensions?.['code']]).toEqual([401, 'INVALID_API_KEY']);
  expect(gateway.calls).toEqual([]);
});

test('a key of the helpdesk is no way around', async ({ it: { gateway, ask } }) => {
  const { keys, workspaceId } = gateway.sandbox;
  gateway.forgetCalls();
  const answer = await ask(keys.admin, workspaceId);
  expect([answer.status, answer.errors?.[0]?.extensions?.['code']]).toEqual([401, 'INVALID_API_KEY']);
  expect(gateway.calls).toEqual([]);
});

test('a token that has expired says so', async ({ it: { issuer, ask } }) => {
  const { status, errors } = await ask(await issuer.sign({}, { lastsS: -60 }));
  expect([status, errors?.[0]?.extensions?.['code']]).toEqual([401, 'TOKEN_EXPIRED']);
});

test('what needs nobody is answered to nobody', async ({ it: { gateway } }) => {
  const { status, data } = await gateway.query('{ __typename errorCatalog { code } }');
  expect(status).toBe(200);
  expect(JSON.stringify(data)).toContain('TOKEN_EXPIRED');
});

test('on a socket a token comes in connection_init', async ({ it: { issuer, gateway } }) => {
  const socket = openSocket(gateway.wsUrl, { Authorization: `Bearer ${await issuer.sign()}` });
  onTestFinished(() => socket.close());
  expect((await socket.subscribe('{ tickets(first: 1) { nodes { id } } }').next()).errors).toBeUndefined();
  const refused = openSocket(gateway.wsUrl, {
    Authorization: `Bearer ${await issuer.sign({ aud: 'billing' })}`,
  });
  onTestFinished(() => refused.close());
  await expect(refused.subscribe('{ __typename }').ended()).rejects.toMatchObject({
    code: 4403,
    reason: 'INVALID_API_KEY',
  });
});

base('while keys are out of reach, clients are told to come back', async () => {
  await using issuer = await startIssuer();
  issuer.answer = { status: 503, body: '' };
  await using gateway = await startGateway({ env: issuer.env });
  const key = await issuer.sign();
  const { status, errors } = await gateway.query(TicketsPageDocument, { first: 1 }, { key });
  expect(status).toBe(503);
  expect(errors?.[0]?.extensions).toMatchObject({
    code: 'AUTH_UNAVAILABLE',
    category: 'GATEWAY',
    retryable: true,
    retryAfterMs: 10_000,
  });
  const socket = openSocket(gateway.wsUrl, { Authorization: `Bearer ${key}` });
  onTestFinished(() => socket.close());
  await expect(socket.subscribe('{ __typename }').ended()).rejects.toMatchObject({
    code: 1013,
    reason: 'AUTH_UNAVAILABLE',
  });
  expect(gateway.logs.filter(({ level }) => level === 'warn')).toHaveLength(1);
  expect(JSON.stringify(gateway.logs)).not.toContain(key.split('.')[1]);
});

base('tokens may be signed with a shared secret', async () => {
  const secret = 'shared with the issuer, and longer than thirty-two bytes';
  await using gateway = await startGateway({ env: { AUTH_MODE: 'jwt', JWT_SECRET: secret } });
  const { SignJWT } = await import('jose');
  const sign = (key: string) =>
    new SignJWT({ level: 'ADMIN' })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('5m')
      .sign(new TextEncoder().encode(key));
  const ask = async (key: string) =>
    (await gateway.query('{ webhooks(first: 1) { nodes { id } } }', {}, { key: await sign(key) })).status;
  expect(await ask(secret)).toBe(200);
  expect(await ask(`${secret}.`)).toBe(401);
});
