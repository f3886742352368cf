/**
 * Whether what is shipped works without this folder: an install without development dependencies starts and answers,
 * with the Node it brings along and without it, as in the image; and the packed package can be embedded, with its types.
 * Takes packages from the registry, or npm's cache.
 *
 *     npm run prove:package
 */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { projectRoot, startProgram } from '../support/program.ts';
import { until, within } from '../support/wait.ts';

const run = promisify(execFile);
const scratch = await mkdtemp(join(tmpdir(), 'gateway-package-'));
const npmArguments = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];

function assert(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`not so: ${what}`);
}

/** One operation, and the end in order. */
async function serves(command: string, args: readonly string[], folder: string): Promise<void> {
  const env = { PORT: '0', SANDBOX_AGENTS: 'off' };
  await using program = startProgram(command, args, env, folder);
  const url = () => /http:\/\/[\d.:]+\/graphql/.exec(program.output)?.[0];
  let over = false;
  void program.ended.then(() => (over = true));
  await until('the gateway', () => url() !== undefined || over, 60_000);
  const address = url();
  assert(address !== undefined, `it starts:\n${program.output}${program.errors}`);
  const answer = await fetch(
    `${address}?query=${encodeURIComponent('{ tickets(first: 1) { nodes { id } } }')}`,
  );
  const text = await answer.text();
  assert(answer.status === 200 && text.includes('"nodes":[{"id"'), `it answers: ${text}`);
  const page = await fetch(address, { headers: { accept: 'text/html' } });
  assert((await page.text()).includes('LiveEvents'), 'GraphiQL has its operations');
  program.signal('SIGTERM');
  const code = await within('the end', program.ended, 30_000);
  // npm itself may be ended by the signal that it passes on.
  assert(code === 0 || (command === 'npm' && code === null), `it stops in order: ${code}`);
  assert(program.errors === '', `it complains of nothing: ${program.errors}`);
}

/** What an image gets, and a clone has. */
async function production(name: string, further: readonly string[]): Promise<string> {
  const folder = join(scratch, name);
  await mkdir(folder);
  for (const part of ['package.json', 'package-lock.json', '.npmrc', 'schema', 'src']) {
    await cp(join(projectRoot, part), join(folder, part), { recursive: true });
  }
  await run('npm', ['ci', '--omit=dev', ...further, ...npmArguments], { cwd: folder });
  const installed = await readdir(join(folder, 'node_modules'));
  assert(
    !installed.includes('vitest') && !installed.includes('typescript'),
    'nothing for development is there',
  );
  return folder;
}

/** A program of somebody else's, which embeds the packed package. */
async function embedded(): Promise<void> {
  const folder = join(scratch, 'embedding');
  await mkdir(folder);
  // With its script, which builds what is packed.
  await run('npm', ['pack', '--pack-destination', folder, '--silent'], { cwd: projectRoot });
  const [tarball = ''] = await readdir(folder);
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  await run('npm', ['install', `./${tarball}`, '--omit=optional', ...npmArguments], { cwd: folder });
  const example = await readFile(join(projectRoot, 'test/examples/embedded.ts'), 'utf8');
  const specifier = `'../../src/index.ts'`;
  assert(example.includes(specifier), 'the example names the package’s source');
  await writeFile(join(folder, 'embedded.ts'), example.replace(specifier, `'helpdesk-graphql-gateway'`));
  await writeFile(
    join(folder, 'run.ts'),
    `import { serveWithGateway } from './embedded.ts';
     const { server, close } = await serveWithGateway({ ...process.env, PORT: '0', DATA_DIR: 'off' } as Record<string, string>);
     const { port } = server.address() as { port: number };
     console.log(await (await fetch(\`http://127.0.0.1:\${port}/\`)).text());
     await close();`,
  );
  const tsc = join(projectRoot, 'node_modules/typescript/bin/tsc');
  const strict = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--types', 'node'];
  const types = ['--typeRoots', join(projectRoot, 'node_modules/@types'), '--allowImportingTsExtensions'];
  const compiler = run(process.execPath, [tsc, '--ignoreConfig', ...strict, ...types, 'run.ts'], {
    cwd: folder,
  });
  // Dependencies have faults of their own, which everybody tells the compiler to leave alone; that would hide ours, too.
  const faults = await compiler.then(
    () => '',
    (error: unknown) => (error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error)),
  );
  const lines = faults.split('\n').filter((line) => /: error TS/.test(line));
  const ours = lines.filter((line) => !/^node_modules\/(?!helpdesk-graphql-gateway\/dist)/.test(line));
  assert(ours.length === 0, `its types hold:\n${ours.join('\n')}`);
  await using sandbox = await startSandbox({ tickets: 3 });
  const env = {
    HELPDESK_URL: sandbox.url,
    HELPDESK_WORKSPACE_ID: sandbox.workspaceId,
    HELPDESK_API_KEY: sandbox.keys.admin,
  };
  const { stdout } = await run(process.execPath, ['run.ts'], { cwd: folder, env, timeout: 30_000 });
  assert(stdout.includes('"nodes":[{"subject"'), `the embedded gateway answers: ${stdout}`);
}

const step = async (title: string, act: () => Promise<void>): Promise<void> => {
  const began = performance.now();
  await act();
  console.log(`ok ${title} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
};

try {
  await step('npm ci --omit=dev && npm start', async () => {
    await serves('npm', ['start'], await production('plain', []));
  });
  await step('without the Node it brings along, as in the image', async () => {
    const folder = await production('image', ['--omit=optional']);
    await serves(process.execPath, ['--import', './src/check-node.mjs', 'src/main.ts'], folder);
  });
  await step('packed, installed and embedded, types included', embedded);
} finally {
  await rm(scratch, { recursive: true, force: true });
}
