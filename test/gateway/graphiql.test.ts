import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { browserMissing, openBrowser } from '../support/browser.ts';
import { testWithGateway } from '../support/gateway.ts';
import { findLeaks } from '../support/log-search.ts';
import { until } from '../support/wait.ts';

/** For what a browser does on a machine that is busy; milliseconds. */
const patience = 20_000;
const tabs = ['TicketsPage', 'TicketCreate', 'TicketUpdate', 'LiveEvents', 'Budget'];

// The page is megabytes of script, so the tests share one and run in the order they stand.
const test = testWithGateway().extend('graphiql', { scope: 'file' }, async ({ gateway }, { onCleanup }) => {
  const browser = await openBrowser();
  onCleanup(() => browser[Symbol.asyncDispose]());
  const page = await browser.context.newPage();
  const asked: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(gateway.url);
  await page.locator('.graphiql-execute-button').waitFor();
  return { page, asked, complaints };
});
const inBrowser = test.skipIf(browserMissing);

/** What an editor shows: it draws blanks as no-break spaces, and only the lines in sight. */
const textOf = async (page: Page, editor: string) =>
  (await page.locator(editor).innerText()).replaceAll('\u00A0', ' ');

const shows = (page: Page, text: string, ms = patience) =>
  until(`"${text}" in the result`, async () => (await textOf(page, '.result-window')).includes(text), ms);

async function open(page: Page, tab: string): Promise<void> {
  // A hand takes its time between press and release; what a tab does in it must not make the click miss.
  await page.locator('.graphiql-tab-button', { hasText: tab }).click({ delay: 50 });
  const shown = async () => (await textOf(page, '.graphiql-query-editor')).includes(` ${tab}`);
  await until(`the tab ${tab}`, shown, patience);
}

/** Until the operation was read, the button still runs the one before: then it is pressed again. */
async function runUntil(page: Page, text: string): Promise<void> {
  const end = Date.now() + patience;
  for (;;) {
    await page.locator('.graphiql-execute-button').click();
    const shown = await shows(page, text, 3_000).then(
      () => true,
      () => false,
    );
    if (shown) return;
    if (Date.now() > end) throw new Error(`the result is ${await textOf(page, '.result-window')}`);
  }
}

inBrowser(
  'GraphiQL opens with ready operations in tabs',
  { timeout: 60_000 },
  async ({ graphiql: { page } }) => {
    expect(await page.locator('.graphiql-tab-button').allInnerTexts()).toEqual(tabs);
  },
);

inBrowser('it runs a query', { timeout: 60_000 }, async ({ gateway, graphiql: { page } }) => {
  await open(page, 'TicketsPage');
  await runUntil(page, `"localId": "${gateway.sandbox.tickets.all()[0]?.id}"`);
});

inBrowser.for([
  ['TicketCreate', 'The printer on the third floor'],
  ['TicketUpdate', '"status": "OPEN"'],
  ['Budget', '"remaining":'],
] as const)(
  'the tab %s runs as it stands',
  { timeout: 60_000 },
  async ([tab, text], { graphiql: { page } }) => {
    await open(page, tab);
    await runUntil(page, text);
    expect(await textOf(page, '.result-window')).not.toContain('"errors"');
  },
);

inBrowser('a live event appears in its tab', { timeout: 60_000 }, async ({ gateway, graphiql: { page } }) => {
  await open(page, 'LiveEvents');
  await runUntil(page, 'StreamReady');
  gateway.sandbox.tickets.create({ subject: 'Seen in the browser' });
  await shows(page, '"subject": "Seen in the browser"');
});

inBrowser('nobody but the gateway is asked for anything', { timeout: 60_000 }, ({ gateway, graphiql }) => {
  const web = graphiql.asked.filter((url) => !/^(data|blob):/.test(url));
  expect(web).not.toHaveLength(0);
  expect(web.filter((url) => new URL(url).origin !== gateway.origin)).toEqual([]);
  expect(graphiql.complaints).toEqual([]);
});

/** All that a page can keep in a browser. */
const storedIn = async (page: Page): Promise<string> => {
  const kept = await page.evaluate(async () => [
    Object.entries(localStorage),
    Object.entries(sessionStorage),
    await indexedDB.databases(),
    document.cookie,
    location.href,
  ]);
  return JSON.stringify([kept, await page.context().cookies()]).replaceAll('\\"', '"');
};

inBrowser(
  'headers that were typed are not kept',
  { timeout: 60_000 },
  async ({ gateway, graphiql: { page } }) => {
    await open(page, 'TicketsPage');
    await page.getByRole('button', { name: 'Headers' }).click();
    await page.locator('.graphiql-editor-tool .monaco-editor').last().click();
    const key = gateway.sandbox.keys.read;
    await page.keyboard.insertText(`{ "X-API-Key": "${key}", "X-Workspace-Id": "ws_sandbox" }`);
    gateway.forgetCalls();
    await page.locator('.graphiql-execute-button').click();
    await until(
      'a call with the key',
      () => gateway.sandbox.requests.some(({ keyLevel }) => keyLevel === 'read'),
      patience,
    );
    // GraphiQL stores a while after the last key; what is opened next is stored after what was typed.
    await open(page, 'Budget');
    await until('the tabs are stored', async () => /"activeTabIndex":4/.test(await storedIn(page)), patience);
    const stored = await storedIn(page);
    expect(stored).toContain('query Budget');
    // The address is the example's own, in the text of its tab; those of tickets that were shown are not kept.
    expect(findLeaks(stored.replaceAll('ada@example.com', ''), [key])).toEqual([]);
  },
);

inBrowser(
  'a reload shows the tab that was open, and no other ones',
  { timeout: 60_000 },
  async ({ graphiql: { page } }) => {
    await open(page, 'Budget');
    const stored = () => page.evaluate(() => localStorage.getItem('graphiql:query'));
    await until('what is open is stored', async () => (await stored())?.includes('query Budget') === true);
    await page.reload();
    await page.locator('.graphiql-execute-button').waitFor();
    expect(await page.locator('.graphiql-tab-button').allInnerTexts()).toEqual(tabs);
    expect(await page.locator('.graphiql-tab-active').innerText()).toContain('Budget');
  },
);

inBrowser(
  'GraphiQL puts an answer together that comes in parts',
  { timeout: 60_000 },
  async ({ gateway, graphiql: { page, complaints } }) => {
    const query = `query Parts {
      tickets(first: 2) { nodes @stream(initialCount: 1) { subject ... @defer { fields: customFields { fieldId } } } }
    }`;
    const answered = page.waitForResponse((response) =>
      (response.headers()['content-type'] ?? '').startsWith('multipart/mixed'),
    );
    await page.goto(`${gateway.url}?query=${encodeURIComponent(query)}`);
    await page.locator('.graphiql-execute-button').waitFor();
    await runUntil(page, '"fields"');
    await answered;
    expect(complaints).toEqual([]);
  },
);
