import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test, vi } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { npmStart, startProgram } from '../support/program.ts';
import { until, within } from '../support/wait.ts';

const ask = async (origin: string, query: string, headers: Record<string, string> = {}) => {
  const response = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
  return response.json();
};

// Starting a program takes seconds where others keep the machine busy.
vi.setConfig({ testTimeout: 60_000 });

test.concurrent('npm start serves the sandbox, says where, and stops on SIGTERM', async () => {
  await using gateway = await npmStart();
  const { origin } = gateway;
  await until('all of the greeting', () => gateway.output.includes('/webhooks/helpdesk/'));
  expect(gateway.output).toMatch(/sandbox/i);
  expect(gateway.output).toContain(`${origin}/graphql`);
  expect(gateway.output).toContain(`${origin}/webhooks/helpdesk/`);
  expect(gateway.output).not.toMatch(/warn|EBADENGINE|ExperimentalWarning/i);
  expect(await ask(origin, '{ tickets(first: 1) { nodes { subject } } }')).toMatchObject({
    data: { tickets: { nodes: [{ subject: expect.any(String) }] } },
  });
  gateway.signal('SIGTERM');
  await within('end after SIGTERM', gateway.ended, 10_000);
  await expect(fetch(`${origin}/healthz`)).rejects.toThrow('fetch failed');
  expect(gateway.errors).toBe('');
});

test.concurrent('METRICS_PORT serves metrics beside the gateway, until it ends', async () => {
  const port = await freePort();
  await using gateway = await npmStart({ METRICS_PORT: String(port), LOG_OPERATIONS: 'true' });
  await ask(gateway.origin, 'query Started { tickets(first: 1) { nodes { subject } } }');
  const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  expect(page).toContain('gateway_operations_total{name="Started",type="query",outcome="ok"} 1');
  expect((await fetch(`${gateway.origin}/metrics`)).status).toBe(404);
  gateway.signal('SIGTERM');
  await within('end after SIGTERM', gateway.ended, 10_000);
  const lines = gateway.errors
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  expect(lines).toEqual([expect.objectContaining({ level: 30, operation: 'Started', outcome: 'OK' })]);
});

test.concurrent('a METRICS_PORT that is taken keeps the gateway from starting, and is named', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await using program = startProgram('npm', ['start'], { PORT: '0', METRICS_PORT: String(port) });
  expect(await within('end of the program', program.ended, 40_000)).toBe(1);
  expect(program.errors).toContain(`METRICS_PORT=${port}`);
  taken.close();
});

test.concurrent('one key of each level is printed, and each may do what it says', async () => {
  await using gateway = await npmStart({ SANDBOX_AGENTS: 'off' });
  await until('the keys', () => (gateway.output.match(/aclou_[0-9a-f]{40}/g) ?? []).length >= 3);
  const keys = gateway.output.match(/aclou_[0-9a-f]{40}/g) ?? [];
  const workspace = /\bws_\w+/.exec(gateway.output)?.[0] ?? '';
  expect(new Set(keys).size).toBe(3);
  const mayOf = async (key: string) => {
    const headers = { authorization: `Bearer ${key}`, 'x-workspace-id': workspace };
    const answers = await Promise.all(
      [
        '{ tickets(first: 1) { nodes { id } } }',
        'mutation { ticketCreate(input: { subject: "By key" }) { ticket { id } } }',
        '{ webhooks { nodes { id } } }',
      ].map((query) => ask(gateway.origin, query, headers)),
    );
    return answers.filter((answer) => !Object.hasOwn(Object(answer) as object, 'errors')).length;
  };
  expect((await Promise.all(keys.map(mayOf))).toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
});

test.concurrent('a fault in the configuration stops the start and names every variable', async () => {
  await using program = startProgram('npm', ['start'], {
    PORT: 'seventy',
    HELPDESK_URL: 'http://example.com/helpdesk/api/v1',
    AUTH_MODE: 'open',
  });
  expect(await within('end', program.ended, 40_000)).not.toBe(0);
  const said = program.output + program.errors;
  for (const variable of ['PORT', 'HELPDESK_URL', 'AUTH_MODE']) expect(said).toContain(variable);
  expect(said).not.toMatch(/\n\s+at /);
});

test.concurrent('a port that is taken is said in one line', async () => {
  await using gateway = await npmStart({ SANDBOX_AGENTS: 'off' });
  const port = new URL(gateway.origin).port;
  await using second = startProgram('npm', ['start'], { PORT: port, SANDBOX_AGENTS: 'off' });
  expect(await within('end', second.ended, 40_000)).not.toBe(0);
  const said = second.output + second.errors;
  expect(said).toContain(port);
  expect(said).not.toMatch(/\n\s+at /);
});
