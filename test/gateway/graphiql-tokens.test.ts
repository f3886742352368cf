import { expect, test } from 'vitest';
import { browserMissing, openBrowser } from '../support/browser.ts';
import { startGateway } from '../support/gateway.ts';
import { handOutTokens } from '../support/tokens.ts';
import { until } from '../support/wait.ts';

/** For what a browser does on a machine that is busy; milliseconds. */
const patience = 20_000;

test.for<[string, Readonly<Record<string, string>>, string | null]>([
  ['a key', { AUTH_MODE: 'pass-through' }, 'Bearer <key>'],
  ['nothing', { AUTH_MODE: 'anonymous' }, null],
  ['a token', { AUTH_MODE: 'jwt', JWT_SECRET: 'a secret of more than thirty-two bytes' }, 'Bearer <token>'],
])('GraphiQL has the headers to fill in where it needs %s', async ([, env, expected]) => {
  await using gateway = await startGateway({ env });
  const page = await (await fetch(gateway.url, { headers: { accept: 'text/html' } })).text();
  const offered = /Bearer <\w+>/.exec(page.slice(page.lastIndexOf('defaultTabs')))?.[0] ?? null;
  expect(offered).toBe(expected);
});

test.skipIf(browserMissing)(
  'a token that was typed is used, and kept nowhere, also not over a reload',
  { timeout: 90_000 },
  async () => {
    await using tokens = await handOutTokens({ desk: { level: 'READ' } });
    await using gateway = await startGateway({ env: tokens.env });
    await using browser = await openBrowser();
    const page = await browser.context.newPage();
    await page.goto(gateway.url);
    await page.locator('.graphiql-execute-button').waitFor();
    await page.locator('.graphiql-editor-tool .monaco-editor').last().click();
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText(`{ "Authorization": "Bearer ${tokens.of.desk}" }`);
    await until(
      'an answer',
      async () => {
        await page.locator('.graphiql-execute-button').click();
        await new Promise((resolve) => setTimeout(resolve, 500));
        return gateway.sandbox.requests.length > 0;
      },
      patience,
    );
    const stored = () =>
      page.evaluate(() =>
        JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), document.cookie]),
      );
    expect(await stored()).not.toContain(tokens.of.desk);
    expect(await stored()).toContain('graphiql');
    await page.reload();
    await page.locator('.graphiql-execute-button').waitFor();
    expect(await stored()).not.toContain(tokens.of.desk);
    expect(await page.content()).not.toContain(tokens.of.desk);
  },
);
