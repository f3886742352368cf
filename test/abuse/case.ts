import { expect } from 'vitest';
import { openRaw } from '../unit/http/raw-socket.ts';
import { credentials, type Level, type Target, type Targets } from './target.ts';

/** Something that is done to a gateway, with what must come of it. */
export interface AbuseCase {
  /** What is done; a title. */
  readonly name: string;
  /** Throws where something else comes of it. */
  run(target: Targets): Promise<void>;
}

/**
 * How a request comes to its answer. ORDINARY: through the whole of GraphQL. WARMED: callers who may ask have just been
 * answered the same query, and whoever is refused has asked before; so that what is kept ready for repeated queries
 * comes into play, and must refuse the same. STREAM: as server-sent events. SOCKET: over a WebSocket that says who it is
 * as the headers would; who may not even have one is refused by its end.
 */
export const paths = ['ORDINARY', 'WARMED', 'STREAM', 'SOCKET'] as const;
export type Path = (typeof paths)[number];

/** A request whose refusal must be the same whichever path it takes. */
export interface RequestCase {
  readonly name: string;
  /** Which gateway. @default the one whose callers bring keys */
  readonly at?: 'strict' | 'listed';
  /** It is about what plain requests over HTTP have alone. @default it goes over sockets and as a stream, too */
  readonly only?: 'HTTP';
  /** Who sends it; null: nobody whom the gateway knows. @default read */
  readonly as?: Level | null;
  /** @default POST */
  readonly method?: 'GET' | 'POST';
  /** Headers on top. */
  readonly headers?:
    | Readonly<Record<string, string>>
    | ((target: Target, all: Targets) => Readonly<Record<string, string>> | Promise<Record<string, string>>);
  /** What is asked; a text is sent as it is. */
  readonly body: object | string;
  readonly expected: {
    readonly status: number;
    /** Of the first error; null: it is answered. */
    readonly code: string | null;
    /** What the first error says beside its code that was too much. @default it is not looked at */
    readonly limit?: string;
    /** What the answer must not contain. */
    readonly without?: RegExp;
    /** Bytes of the answer at most. @default 4,096 */
    readonly maxBytes?: number;
  };
}

/** What an answer never shows, whatever it answers: what the gateway is made of. */
export const leaks =
  /(?:\n|\\n)\s+at |node_modules|file:\/\/|\/src\/|Unexpected error|TypeError|RangeError|originalError/;

/** Bytes of a message that a socket takes. */
const longestMessage = 262_144;

/** Whether a request can be made on a path. */
export const takes = ({ only, method = 'POST', body }: RequestCase, path: Path): boolean =>
  path === 'ORDINARY' ||
  path === 'WARMED' ||
  (only !== 'HTTP' &&
    method === 'POST' &&
    typeof body === 'object' &&
    (path === 'STREAM' || JSON.stringify(body).length < longestMessage));

/** What came of a request. */
interface Outcome {
  /** null: its transport knows none. */
  readonly status: number | null;
  readonly code: string | null;
  readonly text: string;
}

export async function expectRefusal(targets: Targets, given: RequestCase, path: Path): Promise<void> {
  const target = given.at === undefined ? targets : targets[given.at];
  const { headers = {} } = given;
  const further = typeof headers === 'function' ? await headers(target, targets) : headers;
  if (path === 'WARMED') {
    for (let time = 0; time < 2; time += 1) {
      await ask(target, given, further);
      await warm(target, { ...given, as: 'read' });
    }
  }
  const asked = { ORDINARY: ask, WARMED: ask, STREAM: askForStream, SOCKET: askOverSocket }[path];
  const { status, code, text } = await asked(target, given, further);
  const { expected } = given;
  const { without, maxBytes = 4096 } = expected;
  expect(code).toBe(expected.code);
  if (status !== null) expect(status).toBe(expected.status);
  expect(text).not.toMatch(leaks);
  if (expected.limit !== undefined) expect(text).toContain(`"limit":"${expected.limit}"`);
  if (without) expect(text).not.toMatch(without);
  expect(text.length).toBeLessThanOrEqual(maxBytes);
}

/** Whoever may ask is answered until the answer goes out as it went out before; what is no good query is asked once. */
async function warm(target: Target, given: RequestCase): Promise<void> {
  const before = await target.process.ask('repeated');
  for (let time = 0; time < 20; time += 1) {
    const { text } = await ask(target, given, {});
    if ('errors' in (JSON.parse(text) as object) || !text.includes('"tickets"')) return;
    if ((await target.process.ask('repeated')) > before) return;
  }
  throw new Error(`the answer to ${given.name} was never kept`);
}

type Headers = Readonly<Record<string, string>>;

const codeIn = (text: string): string | null =>
  (JSON.parse(text) as { errors?: readonly { extensions: { code: string } }[] }).errors?.[0]?.extensions
    .code ?? null;

async function post(
  target: Target,
  { as = 'read', method = 'POST', body }: RequestCase,
  headers: Headers,
  accept: string,
): Promise<Response> {
  const search = method === 'GET' && typeof body === 'object' ? `?${searchOf(body)}` : '';
  return fetch(`${target.url}${search}`, {
    method,
    headers: {
      ...(method === 'POST' && { 'content-type': 'application/json' }),
      accept,
      ...(as !== null && credentials(target, as)),
      ...headers,
    },
    ...(method === 'POST' && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
}

async function ask(target: Target, given: RequestCase, headers: Headers): Promise<Outcome> {
  const response = await post(target, given, headers, 'application/graphql-response+json');
  const text = await response.text();
  return { status: response.status, code: codeIn(text), text };
}

/** Documents that are wrong are an ordinary answer there, so the status is not looked at. */
async function askForStream(target: Target, given: RequestCase, headers: Headers): Promise<Outcome> {
  const response = await post(target, given, headers, 'text/event-stream');
  const text = await response.text();
  // A refusal before GraphQL is no stream.
  const data = /^data: (.+)$/m.exec(text)?.[1] ?? text;
  return { status: null, code: codeIn(data), text };
}

async function askOverSocket(
  target: Target,
  { as = 'read', body }: RequestCase,
  headers: Headers,
): Promise<Outcome> {
  await using socket = await openRaw(target, null);
  const payload = { ...(as !== null && credentials(target, as)), ...headers };
  socket.send({ type: 'connection_init', payload });
  const ended = socket.closed.then(({ reason }) => ({ status: null, code: reason, text: reason }));
  // Where it is not looked at, it ends with the test.
  ended.catch(() => undefined);
  const answered = async (): Promise<Outcome> => {
    await socket.next();
    // Ids alone are what GraphQL over WebSocket has no place for: clients send an empty text along.
    socket.send({ type: 'subscribe', id: '1', payload: { query: '', ...(body as object) } });
    const { type, payload: said } = await socket.next();
    const text = JSON.stringify(type === 'error' ? { errors: said } : said);
    return { status: null, code: codeIn(text), text };
  };
  const answer = answered();
  // Of a socket that is closed nothing more comes.
  answer.catch(() => undefined);
  return await Promise.race([ended, answer]);
}

const searchOf = (body: object): string =>
  new URLSearchParams(
    Object.entries(body).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  ).toString();
