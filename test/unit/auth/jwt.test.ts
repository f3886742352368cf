import { createHmac, createPublicKey } from 'node:crypto';
import { SignJWT, type JWTPayload } from 'jose';
import { expect, test } from 'vitest';
import { createJwtVerifier, type JwtVerifierOptions } from '../../../src/auth/jwt.ts';
import { GatewayError } from '../../../src/domain/errors.ts';
import { audience, issuerName, startIssuer, type Issuer } from '../../support/issuer.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { createRecordingLog } from '../graphql/run.ts';

const claims = { workspace: 'workspace', level: 'level', endUser: 'sub' };

function verifying(keys: JwtVerifierOptions['keys'], more: Partial<JwtVerifierOptions> = {}) {
  const clock = createVirtualClock();
  const log = createRecordingLog();
  const verifier = createJwtVerifier({
    keys,
    issuers: [issuerName],
    audiences: [audience],
    claims,
    clock,
    log,
    ...more,
  });
  return { clock, lines: log.lines, ...verifier };
}

async function open(algorithm?: string, more: Partial<JwtVerifierOptions> = {}) {
  const issuer = await startIssuer(algorithm);
  const it = verifying({ jwksUrl: issuer.jwksUrl }, more);
  const sign = (payload?: JWTPayload, options?: Parameters<Issuer['sign']>[1]) =>
    issuer.sign(payload, { now: it.clock.now(), ...options });
  return { ...it, issuer, sign, [Symbol.asyncDispose]: () => issuer[Symbol.asyncDispose]() };
}

const codeOf = (found: unknown): string => {
  if (found instanceof GatewayError) return found.code;
  throw new Error('the token was taken');
};

const base64url = (value: object | string): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

test.for(['RS256', 'PS256', 'ES256', 'ES512', 'EdDSA'])(
  'a token signed with %s is good',
  async (algorithm) => {
    await using it = await open(algorithm);
    const token = await it.sign({ workspace: 'ws_1', level: 'WRITE', sub: 'anna' });
    expect(await it.verify(token)).toEqual({
      workspaces: ['ws_1'],
      level: 'WRITE',
      endUser: expect.stringMatching(/^[\w-]{43}$/) as string,
      expiresAt: it.clock.now() + 330_000,
    });
  },
);

test.for<[string, JWTPayload, { lastsS?: number | null }, string]>([
  ['that has expired', {}, { lastsS: -31 }, 'TOKEN_EXPIRED'],
  ['without an end', {}, { lastsS: null }, 'INVALID_API_KEY'],
  ['of another issuer', { iss: 'https://evil.example.com/' }, {}, 'INVALID_API_KEY'],
  ['for another service', { aud: 'billing' }, {}, 'INVALID_API_KEY'],
  ['for nobody', { aud: [] }, {}, 'INVALID_API_KEY'],
  ['that is good later', { nbf: Date.UTC(2026, 0, 1) / 1000 + 31 }, {}, 'INVALID_API_KEY'],
])('a token %s is refused', async ([, payload, options, code]) => {
  await using it = await open();
  expect(codeOf(await it.verify(await it.sign(payload, options)))).toBe(code);
});

test('a token that is good beyond all dates ends at the last one', async () => {
  await using it = await open();
  const token = await it.sign({}, { lastsS: Number.MAX_SAFE_INTEGER / 2 });
  const grant = await it.verify(token);
  if (grant instanceof GatewayError) throw grant;
  expect(new Date(grant.expiresAt ?? 0).toISOString()).toBe('+275760-09-13T00:00:00.000Z');
});

test.for<[string, JWTPayload, { lastsS?: number }]>([
  ['expired half a minute ago', {}, { lastsS: -29 }],
  ['begins in half a minute', { nbf: Date.UTC(2026, 0, 1) / 1000 + 29 }, {}],
  ['is for several services', { aud: ['billing', audience] }, {}],
])('clocks and issuers may differ a little: a token that %s is good', async ([, payload, options]) => {
  await using it = await open();
  expect(await it.verify(await it.sign(payload, options))).toMatchObject({ level: 'READ' });
});

test('a token without a signature is refused, however it spells that', async () => {
  await using it = await open();
  const [, payload = '', signature = ''] = (await it.sign()).split('.');
  for (const alg of ['none', 'None', 'NONE', '']) {
    for (const end of ['', signature]) {
      const token = `${base64url({ alg, kid: it.issuer.key.kid })}.${payload}.${end}`;
      expect(codeOf(await it.verify(token))).toBe('INVALID_API_KEY');
    }
  }
});

test('a public key is never taken for a shared secret', async () => {
  await using it = await open('RS256');
  const [, payload = ''] = (await it.sign()).split('.');
  const { published, kid } = it.issuer.key;
  const pem = createPublicKey({ key: { ...published }, format: 'jwk' }).export({
    type: 'spki',
    format: 'pem',
  });
  for (const secret of [pem, pem.trim(), JSON.stringify(published)]) {
    const signed = `${base64url({ alg: 'HS256', kid })}.${payload}`;
    const token = `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
    expect(codeOf(await it.verify(token))).toBe('INVALID_API_KEY');
  }
});

test('a key that a token brings along is not used', async () => {
  await using it = await open();
  await using stranger = await startIssuer();
  const header = {
    kid: it.issuer.key.kid,
    jwk: stranger.key.published,
    jku: stranger.jwksUrl,
    x5u: stranger.jwksUrl,
  };
  const token = await stranger.sign({}, { now: it.clock.now(), header });
  expect(codeOf(await it.verify(token))).toBe('INVALID_API_KEY');
  expect(stranger.asked).toBe(0);
});

test.for([
  '',
  'x',
  'a.b.c',
  'aclou_0123456789abcdef',
  `${'e30'.repeat(1000)}.${'e30'.repeat(1000)}.x`,
  '..',
  '{}.{}.{}',
])('what is no token is refused: %j', async (text) => {
  await using it = await open();
  expect(codeOf(await it.verify(text))).toBe('INVALID_API_KEY');
});

test('a token that was changed is refused', async () => {
  await using it = await open();
  const [header, payload = '', signature] = (await it.sign({ level: 'READ' })).split('.');
  const read = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
  const token = [header, base64url({ ...read, level: 'ADMIN' }), signature].join('.');
  expect(codeOf(await it.verify(token))).toBe('INVALID_API_KEY');
});

test('a token is checked once, and then answered at once until it expires', async () => {
  await using it = await open();
  const token = await it.sign({}, { lastsS: 60 });
  const first = await it.verify(token);
  expect(it.verify(token)).toBe(first);
  it.issuer.answer = { status: 500, body: '' };
  await it.clock.advance(89_999);
  expect(it.verify(token)).toBe(first);
  await it.clock.advance(1);
  expect(codeOf(await it.verify(token))).toBe('TOKEN_EXPIRED');
});

test('a token that comes a hundred times at once is checked once, and the keys are read once', async () => {
  await using it = await open();
  const token = await it.sign();
  const found = await Promise.all(Array.from({ length: 100 }, async () => it.verify(token)));
  expect(new Set(found).size).toBe(1);
  expect(it.issuer.asked).toBe(1);
});

test('a new key is found when the first token that names it comes', async () => {
  await using it = await open();
  await it.verify(await it.sign());
  await it.issuer.rotate(true);
  await it.clock.advance(10_000);
  expect(await it.verify(await it.sign())).toMatchObject({ level: 'READ' });
  expect(it.issuer.asked).toBe(2);
});

test('tokens that name keys which nobody has do not make it ask again and again', async () => {
  await using it = await open();
  await it.verify(await it.sign());
  await it.clock.advance(10_000);
  const made = (index: number) => it.sign({}, { header: { kid: `made-up-${index}` } });
  for (let index = 0; index < 50; index += 1) {
    expect(codeOf(await it.verify(await made(index)))).toBe('INVALID_API_KEY');
  }
  expect(it.issuer.asked).toBe(2);
});

test('a key that was withdrawn is trusted no longer than until it is read again, its tokens neither', async () => {
  await using it = await open();
  const token = await it.sign({}, { lastsS: 3600 });
  await it.verify(token);
  await it.issuer.rotate();
  await it.clock.advance(5 * 60_000);
  // It is answered at once still, and that the keys are old is noticed.
  expect(it.verify(token)).toMatchObject({ level: 'READ' });
  await expect.poll(async () => (await it.verify(token)) instanceof GatewayError).toBe(true);
  expect(codeOf(await it.verify(token))).toBe('INVALID_API_KEY');
});

test('known keys go on while the issuer is out of reach, and a key that is not known is no fault of the token’s', async () => {
  await using it = await open();
  await it.verify(await it.sign());
  it.issuer.answer = { status: 503, body: 'down' };
  await it.clock.advance(24 * 3_600_000);
  expect(await it.verify(await it.sign())).toMatchObject({ level: 'READ' });
  await it.issuer.rotate(true);
  await it.clock.advance(10_000);
  const token = await it.sign();
  const refused = await it.verify(token);
  expect(refused).toMatchObject({ code: 'AUTH_UNAVAILABLE', retryable: true, retryAfterMs: 10_000 });
  const asked = it.issuer.asked;
  // While it fails it is not asked for each of them.
  for (let index = 0; index < 20; index += 1) await it.verify(token);
  expect(it.issuer.asked).toBe(asked);
  it.issuer.answer = null;
  await it.clock.advance(10_000);
  expect(await it.verify(token)).toMatchObject({ level: 'READ' });
  expect(it.lines.map(({ level }) => level)).toEqual(['warn', 'info']);
});

test.for<[string, NonNullable<Issuer['answer']>]>([
  ['an error', { status: 500, body: '' }],
  ['no JSON', { status: 200, body: '<html>' }],
  ['no set of keys', { status: 200, body: '{"keys":[]}' }],
  ['another address', { status: 302, headers: { location: 'https://evil.example.com/' }, body: '' }],
  ['too much', { status: 200, body: `{"keys":["${'x'.repeat(1_100_000)}"]}` }],
])(
  'where the issuer answers with %s, nobody is let in, and nobody is told that the token is wrong',
  async ([, answer]) => {
    await using it = await open();
    it.issuer.answer = answer;
    expect(codeOf(await it.verify(await it.sign()))).toBe('AUTH_UNAVAILABLE');
  },
);

test('no token and no claim reaches the log', async () => {
  await using it = await open();
  const token = await it.sign({ sub: 'anna@example.com' });
  it.issuer.answer = { status: 500, body: '' };
  await it.verify(token);
  await it.verify(`${token}x`);
  const text = JSON.stringify(it.lines);
  expect(it.lines).not.toHaveLength(0);
  for (const part of [...token.split('.'), 'anna@example.com']) expect(text).not.toContain(part);
});

const secret = 'a secret that is shared with the issuer, of 48 bytes';
const shared = (payload: JWTPayload, algorithm = 'HS256', key = secret) =>
  new SignJWT({ iss: issuerName, aud: audience, ...payload })
    .setProtectedHeader({ alg: algorithm })
    .setExpirationTime(Date.UTC(2026, 0, 2) / 1000)
    .sign(new TextEncoder().encode(key));

test('with a shared secret, tokens signed with it are good and no others', async () => {
  const it = verifying({ secret });
  expect(await it.verify(await shared({ workspace: 'ws_1' }))).toMatchObject({ workspaces: ['ws_1'] });
  expect(await it.verify(await shared({}, 'HS512'))).toMatchObject({ workspaces: null });
  expect(codeOf(await it.verify(await shared({}, 'HS256', `${secret}!`)))).toBe('INVALID_API_KEY');
  await using issuer = await startIssuer('RS256');
  expect(codeOf(await it.verify(await issuer.sign({}, { now: it.clock.now() })))).toBe('INVALID_API_KEY');
});

test.for<[string, JWTPayload, object]>([
  ['nothing', {}, { workspaces: null, level: 'READ', endUser: null }],
  ['a list of workspaces', { workspace: ['ws_1', 'ws_2', 3] }, { workspaces: ['ws_1', 'ws_2'] }],
  ['a workspace that is none', { workspace: { id: 'ws_1' } }, { workspaces: [] }],
  ['a level in lower case', { level: 'admin' }, { level: 'ADMIN' }],
  ['a scope', { level: 'openid write read' }, { level: 'WRITE' }],
  ['a list of roles', { level: ['staff', 'Admin'] }, { level: 'ADMIN' }],
  ['a level that is unknown', { level: 'superuser' }, { level: 'READ' }],
  ['a level that is no text', { level: 3 }, { level: 'READ' }],
])('of claims, %j comes to what it says and no more', async ([, payload, expected]) => {
  const it = verifying({ secret });
  expect(await it.verify(await shared(payload))).toMatchObject(expected);
});

test('claims may have other names, and stand deeper', async () => {
  const it = verifying(
    { secret },
    {
      claims: {
        workspace: 'https://acme.example.com/workspace',
        level: '/app/a~1b/level',
        endUser: '/app/id',
      },
    },
  );
  const token = await shared({
    'https://acme.example.com/workspace': 'ws_1',
    app: { 'a/b': { level: 'WRITE' }, id: 7 },
  });
  expect(await it.verify(token)).toMatchObject({
    workspaces: ['ws_1'],
    level: 'WRITE',
    endUser: expect.any(String) as string,
  });
});

test('what every object has is no claim', async () => {
  const it = verifying(
    { secret },
    { claims: { workspace: 'constructor', level: '/__proto__/level', endUser: '/constructor/name' } },
  );
  expect(await it.verify(await shared({}))).toMatchObject({ workspaces: null, level: 'READ', endUser: null });
});

test('two issuers’ users of one name are two', async () => {
  const it = verifying({ secret }, { issuers: [] });
  const users = await Promise.all(
    ['https://a.example.com', 'https://b.example.com'].map(async (iss) =>
      it.verify(await shared({ iss, sub: 'anna' })),
    ),
  );
  const [one, other] = users.map((grant) => (grant instanceof GatewayError ? null : grant.endUser));
  expect(one).not.toBe(other);
});
