import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { advice } from '../../src/redis/durability.ts';
import { freePort } from '../support/free-port.ts';
import { projectRoot } from '../support/program.ts';

// No container engine runs the image here: what can be held against the repository is.

const read = (name: string) => readFile(new URL(`../../${name}`, import.meta.url), 'utf8');

const instructions = (await read('.deploy/Dockerfile'))
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => {
    const [word = '', ...rest] = line.split(' ');
    return { word, rest: rest.join(' ') };
  });
const all = (word: string) => instructions.filter((one) => one.word === word).map(({ rest }) => rest);
const manifest = JSON.parse(await read('package.json')) as {
  scripts: Record<string, string>;
  optionalDependencies: Record<string, string>;
};

test('the image is built on the Node that an install brings along', () => {
  const [version] = Object.values(manifest.optionalDependencies);
  const bases = all('FROM');
  expect(bases).toHaveLength(2);
  for (const base of bases) expect(base).toMatch(new RegExp(`^node:${version}-`));
});

test('it starts what `npm start` starts, as a user that is not root, with nothing between', () => {
  expect(JSON.parse(all('CMD').join())).toEqual(manifest.scripts['start']?.split(' '));
  const last = instructions.findLastIndex(({ word }) => word === 'USER');
  expect(instructions[last]?.rest).toBe('node');
  expect(instructions.slice(last).map(({ word }) => word)).not.toContain('RUN');
});

test('everything it copies is there, and is let through to the build', async () => {
  const allowed = (await read('.deploy/Dockerfile.dockerignore'))
    .split('\n')
    .filter((line) => line.startsWith('!'));
  const sources = all('COPY')
    .filter((rest) => !rest.startsWith('--from'))
    .flatMap((rest) => rest.split(' ').slice(0, -1));
  expect(sources).toContain('src');
  for (const source of sources) {
    expect(existsSync(new URL(`../../${source}`, import.meta.url))).toBe(true);
    expect(allowed).toContain(`!${source}`);
  }
  expect(new Set(sources).size).toBe(allowed.length);
});

test('the Redis beside it is as durable as the doctor wants it', async () => {
  const compose = await read('.deploy/compose.yaml');
  const command = compose.replace(/\s+/g, ' ');
  for (const setting of advice.split(', ')) expect(command).toContain(`--${setting}`);
  expect(compose).toContain('read_only: true');
});

const health = (port: number): Promise<number> =>
  new Promise((resolve) => {
    const file = fileURLToPath(new URL('../../.deploy/healthcheck.mjs', import.meta.url));
    const env = { PORT: String(port) };
    const child = execFile(process.execPath, [file], { cwd: projectRoot, env }, () =>
      resolve(child.exitCode ?? -1),
    );
  });

test('the health check tells a gateway that lives from one that fails, and from none', async () => {
  expect(all('HEALTHCHECK').join()).toContain('CMD ["node", "healthcheck.mjs"]');
  let status = 200;
  const server = createServer(({ url }, response) => {
    response.writeHead(url === '/healthz' ? status : 404).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  expect(await health(port)).toBe(0);
  status = 500;
  expect(await health(port)).toBe(1);
  expect(await health(await freePort())).toBe(1);
});
