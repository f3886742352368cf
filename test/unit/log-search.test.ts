import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { findLeaks } from '../support/log-search.ts';
import { projectRoot } from '../support/program.ts';

const hex = '0123456789abcdef0123456789abcdef01234567';

test.for([
  ['an API key', `{"key":"aclou_${hex}"}`],
  ['a signing secret', '{"secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}'],
  ['a JSON Web Token', '{"m":"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl"}'],
  ['an Authorization value', '{"headers":{"authorization":"Bearer abcdefgh12345"}}'],
  ['a password in a URL', '{"url":"redis://default:hunter22@10.0.0.1:6379"}'],
  ['an e-mail address', '{"subject":"from lena.fischer@acme.example"}'],
] as const)('%s is found in a log', ([what, line]) => {
  expect(findLeaks(`{"msg":"fine"}\n${line}\n`, [])).toEqual([{ line: 2, what, text: line }]);
});

test('a secret without a shape is found as it is, and encoded', () => {
  const secret = 'correct horse battery staple';
  const lines = [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')];
  expect(findLeaks(lines.join('\n'), [secret])).toHaveLength(3);
  expect(findLeaks(lines.join('\n'), [])).toEqual([]);
});

test('ordinary lines hold none', () => {
  const lines = [
    '{"level":40,"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","operation":"GET /tickets/:id","status":503}',
    '{"level":30,"keyId":"q1bX0W7yX3oT2cD5mZ8nR4vL6sK9pJ0h","msg":"another program spends this key"}',
    '{"msg":"ky@2.1.0 failed: Bearer <key>, Authorization: Bearer [removed]"}',
  ];
  expect(findLeaks(lines.join('\n'), ['sixteen-characters'])).toEqual([]);
});

test.for([
  ['fails when one of its tests logged a secret', 'a-secret-without-a-shape', 1],
  ['fails when one of its tests logged an address', 'ada@example.com', 1],
] as const)('a run %s, and names the line', { timeout: 60_000 }, async ([, leak, code]) => {
  const run = spawnSync(
    'npx',
    ['vitest', 'run', '--config', 'test/vitest.config.ts', 'test/support/leaking.test.ts'],
    {
      cwd: projectRoot,
      env: { ...process.env, NO_COLOR: '1', LEAK: leak },
      encoding: 'utf8',
    },
  );
  expect(run.status).toBe(code);
  expect(run.stdout).toMatch(/1 passed/);
  expect(run.stderr).toContain('SECRET IN THE LOG');
  expect(run.stderr).toContain(leak);
});
