import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Programs that tests start, dozens of them, find the modules that an earlier one compiled.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(
  new URL('../node_modules/.cache/compiled', import.meta.url),
);

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    include: ['test/**/*.test.ts'],
    // What gateways log in all of the tests is searched for secrets at the end.
    globalSetup: ['test/support/log-watch.ts'],
    // Node loads every module itself, as in production. Through Vite's own loader `graphql` exists twice,
    // and each copy takes the other's errors and schemas for foreign ones.
    experimental: { viteModuleRunner: false },
    // Made for two cores; most tests wait for sockets, so a larger machine gains little from more.
    maxWorkers: 2,
    // No module holds state that one file could leave to another, and loading them anew for each file takes longer
    // than the tests.
    isolate: false,
    testTimeout: 15_000,
    hookTimeout: 30_000,
    teardownTimeout: 5_000,
  },
});
