import { serverAudits } from 'graphql-http';
import { expect } from 'vitest';
import { testWithGateway } from '../support/gateway.ts';

const test = testWithGateway();

const audits = serverAudits({ url: 'http://nowhere.invalid/' }).map(({ id, name }) => ({ id, name }));

test('the audit of GraphQL over HTTP asks what it should', () => {
  expect(audits.filter(({ name }) => /^(MUST|SHOULD) /.test(name)).length).toBeGreaterThan(30);
});

test.for(audits)('$name ($id)', async ({ id, name }, { gateway }) => {
  const audit = serverAudits({ url: gateway.url }).find((candidate) => candidate.id === id);
  const result = await audit?.fn();
  if (result !== undefined && 'response' in result)
    await result.response.body?.cancel().catch(() => undefined);
  // A MAY that is not taken up is a notice, and no fault.
  const allowed = name.startsWith('MAY ') ? ['ok', 'notice'] : ['ok'];
  expect(allowed, result !== undefined && 'reason' in result ? result.reason : name).toContain(
    result?.status,
  );
});
