import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { chromium, type BrowserContext } from 'playwright-core';

const onPath = (program: string): string | undefined =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file));

const executable = process.env['CHROMIUM'] ?? onPath('chromium') ?? onPath('chromium-browser');

/**
 * Whether tests that need a browser may be left out: there is none, and nobody insisted (`REQUIRE_BROWSER=1`, as CI does).
 */
export const browserMissing = executable === undefined && process.env['REQUIRE_BROWSER'] !== '1';

if (browserMissing) {
  process.stderr.write(
    'NO BROWSER: tests in Chromium are left out. Install `chromium`, or set CHROMIUM to its path; REQUIRE_BROWSER=1 makes this a failure.\n',
  );
}

export interface Browser extends AsyncDisposable {
  readonly context: BrowserContext;
}

/** A headless Chromium with a profile of its own, thrown away afterwards. */
export async function openBrowser(): Promise<Browser> {
  if (executable === undefined) throw new Error('chromium is not on the PATH, and CHROMIUM does not name it');
  const profile = await mkdtemp(join(tmpdir(), 'gateway-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: executable,
    headless: true,
    viewport: { width: 1400, height: 900 },
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-dev-shm-usage',
    ],
  });
  return {
    context,
    [Symbol.asyncDispose]: async () => {
      await context.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
