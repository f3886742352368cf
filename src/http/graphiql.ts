import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { refuse, type Answer } from './answers.ts';

export interface GraphiQLOptions {
  /** Folder of the operations that its tabs open with. */
  readonly operations: URL;
  /** What a request gets nowhere without: then each tab has the headers to fill in. null: it gets somewhere as it is. */
  readonly needs: 'KEY' | 'TOKEN' | null;
}

/** Files of the folder, in the order of their tabs. */
const tabs = [
  'tickets-page.graphql',
  'ticket-create.graphql',
  'ticket-update.graphql',
  'live-events.graphql',
  'budget.graphql',
];

const headersToFill = {
  KEY: JSON.stringify({ Authorization: 'Bearer <key>', 'X-Workspace-Id': '<workspace>' }, null, 2),
  // Most tokens say themselves which workspace they are good in.
  TOKEN: JSON.stringify({ Authorization: 'Bearer <token>' }, null, 2),
};

/** Where only trusted documents run, it could run nothing. */
export const noGraphiQL = (): Promise<Answer> =>
  Promise.resolve(
    refuse({
      status: 404,
      code: 'INVALID_REQUEST',
      message: 'There is no GraphiQL here: this gateway runs the documents of its list and no others.',
    }),
  );

interface Page {
  readonly headers: Readonly<Record<string, string>>;
  readonly plain: Buffer;
  readonly gzipped: Buffer;
}

/**
 * GraphiQL, everything it needs inside the page: no other host is asked for anything.
 * Subscriptions go over SSE, the only transport on which its header editor reaches the gateway.
 */
export function createGraphiQL(
  options: GraphiQLOptions,
): (header: (name: string) => string | null) => Promise<Answer> {
  let page: Promise<Page> | null = null;
  return async (header) => {
    page ??= renderPage(options);
    const { headers, plain, gzipped } = await page.catch((error: unknown) => {
      page = null;
      throw error;
    });
    if (header('if-none-match') === headers['etag']) return { status: 304, headers, body: null };
    return /\bgzip\b/.test(header('accept-encoding') ?? '')
      ? { status: 200, headers: { ...headers, 'content-encoding': 'gzip' }, body: gzipped }
      : { status: 200, headers, body: plain };
  };
}

async function renderPage({ operations, needs }: GraphiQLOptions): Promise<Page> {
  // 9 MB of script, which only those pay for who open the page.
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const queries = await Promise.all(tabs.map((name) => readFile(new URL(name, operations), 'utf8')));
  const headers = needs === null ? null : headersToFill[needs];
  const html = renderGraphiQL({
    title: 'Helpdesk GraphQL',
    subscriptionsProtocol: 'SSE',
    shouldPersistHeaders: false,
    defaultTabs: queries.map((query) => ({ query, headers })),
    defaultEditorToolsVisibility: headers === null ? false : 'headers',
    ...(headers === null ? {} : { defaultHeaders: headers }),
  })
    .replace('</head>', () => `${stillTabs}</head>`)
    .replace('<script>', () => `<script>${rememberFirst(queries[0] ?? '')}`);
  const plain = Buffer.from(html);
  return { headers: headersOf(html), plain, gzipped: await promisify(gzip)(plain) };
}

/**
 * GraphiQL lets tabs slide into place, and one that is pressed for the first time jumps back to where it came from: the
 * click misses it. Nothing else moves by transforms there.
 */
const stillTabs = '<style>.graphiql-tab { transform: none !important }</style>';

/** GraphiQL opens an empty tab on the second visit, unless it finds the last query that it had shown. */
const rememberFirst = (query: string): string =>
  `try { localStorage['graphiql:query'] ??= ${JSON.stringify(query)} } catch {}`;

/** The page runs its one script and nothing else, talks to this gateway only, and is no part of another page. */
function headersOf(html: string): Record<string, string> {
  const script = html.slice(html.indexOf('<script>') + '<script>'.length, html.lastIndexOf('</script>'));
  const hash = createHash('sha256').update(script).digest('base64');
  const policy = [
    `default-src 'none'`,
    `script-src 'sha256-${hash}'`,
    'worker-src blob:',
    `style-src 'unsafe-inline'`,
    `img-src 'self' data:`,
    'font-src data:',
    `connect-src 'self'`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `frame-ancestors 'none'`,
  ].join('; ');
  return {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-cache',
    vary: 'Accept, Accept-Encoding',
    etag: `"${createHash('sha256').update(html).digest('base64url')}"`,
    'content-security-policy': policy,
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
  };
}
