import { readdir, readFile } from 'node:fs/promises';
import { expect, test as base, vi } from 'vitest';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { makeFolder } from '../support/folder.ts';
import { freePort } from '../support/free-port.ts';
import { npmStart, startProgram, type Program } from '../support/program.ts';
import { lasting, readmeBlocks } from '../support/readme.ts';
import { until, within } from '../support/wait.ts';

// Starting a program takes seconds where others keep the machine busy.
vi.setConfig({ testTimeout: 60_000 });

const blocks = await readmeBlocks();
const commands = blocks.filter(({ language }) => language === 'sh').map(({ text }) => text.trim());

/** The block that follows a command: what it is said to print. */
const outputOf = (command: string) => blocks[blocks.findIndex(({ text }) => text.trim() === command) + 1];

const find = (part: string): string => {
  const [command, ...others] = commands.filter((text) => text.includes(part));
  if (command === undefined || others.length > 0) throw new Error(`not one command with ${part}`);
  return command;
};

/** The one that needs nothing but a key. */
const real = commands.find((text) => text.startsWith('HELPDESK_URL=')) ?? '';

// As the README starts it for its tour.
const test = base.extend('origin', { scope: 'file' }, async ({}, { onCleanup }) => {
  const gateway = await npmStart({ SANDBOX_AGENTS: 'off' });
  onCleanup(() => gateway[Symbol.asyncDispose]());
  return gateway.origin;
});

const run = (command: string, origin: string): Program =>
  startProgram('bash', ['-c', command.replaceAll('http://127.0.0.1:4000', origin)]);

async function printed(command: string, origin: string): Promise<unknown> {
  await using program = run(command, origin);
  expect(await within('end of the command', program.ended, 10_000)).toBe(0);
  return JSON.parse(program.output);
}

test('no command is without a test', () => {
  const tried = [
    'npm ci && npm start',
    'npm ci && npm test',
    find('tickets(first: 2'),
    find('"seats" }, "value"'),
    find('text/event-stream'),
    find('ticketCreate'),
    find('CLOSED'),
    real,
    find('PUBLIC_URL='),
    find('new-token'),
    find('TRUSTED_DOCUMENTS=only'),
  ];
  expect(commands.toSorted()).toEqual(tried.toSorted());
});

test.for([['tickets(first: 2'], ['"seats" }, "value"'], ['CLOSED']] as const)(
  'the tour’s answer to "%s" is the real one',
  async ([part], { origin }) => {
    const command = find(part);
    const output = outputOf(command);
    expect(output?.language).toBe('json');
    expect(lasting(await printed(command, origin))).toEqual(lasting(JSON.parse(output?.text ?? '')));
  },
);

test('the tour’s subscription tells of the ticket that is created beside it', async ({ origin }) => {
  await using stream = run(find('text/event-stream'), origin);
  await until('the beginning of the stream', () => stream.output.includes('StreamReady'));
  await printed(find('ticketCreate'), origin);
  await until('the event', () => stream.output.includes('TICKET_CREATED'));
  const dataOf = (text: string) =>
    JSON.parse(/^data: (.*TICKET_CREATED.*)$/m.exec(text)?.[1] ?? 'null') as unknown;
  const shown = outputOf(find('ticketCreate'))?.text ?? '';
  expect(shown).toMatch(/^event: next\nid: \S+\ndata: /);
  expect(lasting(dataOf(stream.output))).toEqual(lasting(dataOf(shown)));
});

test.concurrent('the greeting is the one that is shown', async () => {
  await using gateway = await npmStart();
  await until('the whole greeting', () => gateway.output.includes('admin'));
  const said = gateway.output.replaceAll(new URL(gateway.origin).port, '4000');
  for (const line of (outputOf('npm ci && npm start')?.text ?? '').trim().split('\n'))
    expect(said).toContain(line);
});

test.concurrent('pointed at a real workspace by three variables, it serves that', async () => {
  await using sandbox = await startSandbox({ tickets: 3 });
  const command = real
    .replace('https://acme.example/helpdesk/api/v1', sandbox.url)
    .replace('aclou_your_key', sandbox.keys.read)
    .replace('ws_your_workspace', sandbox.workspaceId);
  await using folder = await makeFolder();
  await using gateway = startProgram('bash', ['-c', command], { PORT: '0', DATA_DIR: folder.path });
  const address = () => /http:\/\/\S+\/graphql/.exec(gateway.output)?.[0];
  await until('the address', () => address() !== undefined, 40_000);
  const response = await fetch(address() ?? '', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ tickets { nodes { localId } } }' }),
  });
  const { data } = (await response.json()) as { data: { tickets: { nodes: { localId: string }[] } } };
  expect(data.tickets.nodes.map(({ localId }) => localId)).toEqual(sandbox.tickets.all().map(({ id }) => id));
  expect(gateway.output).not.toContain(sandbox.keys.read);
});

test.concurrent('told where the helpdesk reaches it, it registers its webhook and hears by it', async () => {
  await using sandbox = await startSandbox({ tickets: 3, httpTargets: true });
  const port = await freePort();
  const command = find('PUBLIC_URL=')
    .replace('https://gateway.example', `http://127.0.0.1:${port}`)
    .replace('https://acme.example/helpdesk/api/v1', sandbox.url)
    .replace('aclou_your_admin_key', sandbox.keys.admin)
    .replace('ws_your_workspace', sandbox.workspaceId);
  await using folder = await makeFolder();
  await using gateway = startProgram('bash', ['-c', command], { PORT: String(port), DATA_DIR: folder.path });
  await until('the webhook', () => sandbox.webhooks.all().length > 0, 40_000);
  const [webhook] = sandbox.webhooks.all();
  expect(webhook?.targetUrl).toBe(`http://127.0.0.1:${port}/webhooks/helpdesk/${sandbox.workspaceId}`);
  const [ticket] = sandbox.tickets.all();
  sandbox.tickets.update(ticket?.id ?? '', { status: 'pending' });
  await until(
    'an acknowledged delivery',
    () => sandbox.deliveries.attempts.some(({ status }) => status === 200),
    20_000,
  );
  expect(gateway.output + gateway.errors).not.toContain('whsec_');
});

test('a new token is printed with its entry, of which the file wants no more', async () => {
  await using program = startProgram('bash', ['-c', find('new-token')]);
  expect(await within('end of the command', program.ended, 20_000)).toBe(0);
  const entry = /\{.*"sha256".*\}/s.exec(program.output)?.[0] ?? 'null';
  expect(JSON.parse(entry)).toEqual({
    name: 'reporting',
    sha256: expect.stringMatching(/^[\da-f]{64}$/),
    level: 'READ',
  });
});

test('with a list of trusted documents, it runs those by their ids and nothing else', async () => {
  const list = new URL('../support/generated/persisted-documents.json', import.meta.url);
  const command = find('TRUSTED_DOCUMENTS=only').replace('persisted-documents.json', list.pathname);
  await using gateway = startProgram('bash', ['-c', command], { PORT: '0' });
  const address = () => /http:\/\/\S+\/graphql/.exec(gateway.output)?.[0];
  await until('the address', () => address() !== undefined, 40_000);
  const ask = async (body: object) => {
    const response = await fetch(address() ?? '', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return (await response.json()) as object;
  };
  const documents = JSON.parse(await readFile(list, 'utf8')) as Record<string, string>;
  const [id] = Object.entries(documents).find(([, text]) => text.includes('query Budget')) ?? [];
  expect(await ask({ documentId: id })).toMatchObject({ data: { backend: { kind: 'HELPDESK' } } });
  expect(await ask({ query: '{ backend { kind } }' })).toMatchObject({
    errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_IN_LIST' } }],
  });
});

test('every variable that the configuration reads is in the table', async () => {
  const textOf = (file: string) => readFile(new URL(`../../${file}`, import.meta.url), 'utf8');
  const files = await readdir(new URL('../../src/config/', import.meta.url));
  const readme = await textOf('README.md');
  const config = (await Promise.all(files.map((file) => textOf(`src/config/${file}`)))).join('\n');
  const read = new Set(config.match(/(?<=(?:read|isSet)\(')[A-Z_]+(?=')/g));
  expect(read.size).toBeGreaterThan(10);
  expect([...read].filter((variable) => !readme.includes(`| \`${variable}\` `))).toEqual([]);
});
