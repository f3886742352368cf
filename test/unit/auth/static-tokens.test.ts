import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { newToken } from '../../../src/auth/new-token.ts';
import { createStaticTokens, type StaticToken } from '../../../src/auth/static-tokens.ts';
import { printNewToken } from '../../../src/gateway-commands.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const entry = (token: string, more: Partial<StaticToken> = {}): StaticToken => ({
  name: 'reporting',
  sha256: hash('sha256', token, 'hex'),
  level: 'WRITE',
  workspaces: ['ws_1'],
  expiresAt: null,
  ...more,
});

test('a token is known by its hash, and says what its entry says', () => {
  const clock = createVirtualClock();
  const tokens = createStaticTokens([entry('one'), entry('two', { name: 'other', level: 'READ' })], clock);
  expect(tokens.verify('one')).toEqual({
    workspaces: ['ws_1'],
    level: 'WRITE',
    expiresAt: null,
    endUser: expect.stringMatching(/^[\w-]{43}$/) as string,
  });
  expect(tokens.verify('two')).toMatchObject({ level: 'READ' });
});

test('a hash is no token, and neither is anything else', () => {
  const tokens = createStaticTokens([entry('one')], createVirtualClock());
  for (const text of ['', 'One', 'one ', hash('sha256', 'one', 'hex'), 'aclou_0123']) {
    expect(tokens.verify(text)).toMatchObject({ code: 'INVALID_API_KEY', retryable: false });
  }
});

test('a token with an end is good until then', async () => {
  const clock = createVirtualClock();
  const tokens = createStaticTokens([entry('one', { expiresAt: clock.now() + 1000 })], clock);
  expect(tokens.verify('one')).toMatchObject({ level: 'WRITE' });
  await clock.advance(1000);
  expect(tokens.verify('one')).toMatchObject({ code: 'TOKEN_EXPIRED' });
});

test('new tokens differ, and fit their entries', () => {
  const made = Array.from({ length: 100 }, newToken);
  expect(new Set(made.map(({ token }) => token)).size).toBe(100);
  for (const { token, sha256 } of made) {
    expect(token).toMatch(/^gwt_[\w-]{43}$/);
    expect(sha256).toBe(hash('sha256', token, 'hex'));
  }
});

test('the command prints a token and the entry that knows it', () => {
  const said: string[] = [];
  printNewToken('reporting', 'WRITE', (line) => said.push(line));
  const token = /gwt_[\w-]+/.exec(said[0] ?? '')?.[0] ?? '';
  const sha256 = hash('sha256', token, 'hex');
  expect(said[1]).toContain(JSON.stringify({ name: 'reporting', sha256, level: 'WRITE' }));
  expect(said[1]).not.toContain(token);
});
