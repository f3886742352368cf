import { expect } from 'vitest';
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
 * comes into play, and must refuse the same.
 */
export const paths = ['ORDINARY', 'WARMED'] as const;
export type Path = (typeof paths)[number];

/** A request whose refusal must be the same whichever path it takes. */
export interface RequestCase {
  readonly name: string;
  /** Who sends it; null: nobody whom the gateway knows. @default read */
  readonly as?: Level | null;
  /** @default POST */
  readonly method?: 'GET' | 'POST';
  /** Headers on top. */
  readonly headers?:
    Readonly<Record<string, string>> | ((target: Target) => Readonly<Record<string, string>>);
  /** What is asked; a text is sent as it is. */
  readonly body: object | string;
  readonly expected: {
    readonly status: number;
    /** Of the first error; null: it is answered. */
    readonly code: string | null;
    /** What the answer must not contain. */
    readonly without?: RegExp;
    /** Bytes of the answer at most. @default 4,096 */
    readonly maxBytes?: number;
  };
}

/** What an answer never shows, whatever it answers: what the gateway is made of. */
export const leaks =
  /(?:\n|\\n)\s+at |node_modules|file:\/\/|\/src\/|Unexpected error|TypeError|RangeError|originalError/;

export async function expectRefusal(target: Target, given: RequestCase, path: Path): Promise<void> {
  if (path === 'WARMED') {
    for (let time = 0; time < 2; time += 1) {
      await ask(target, given);
      await warm(target, { ...given, as: 'read', headers: {} });
    }
  }
  const { status, text } = await ask(target, given);
  const { code, without, maxBytes = 4096, status: due } = given.expected;
  const { errors } = JSON.parse(text) as { errors?: readonly { extensions: { code: string } }[] };
  expect({ status, code: errors?.[0]?.extensions.code ?? null }).toEqual({ status: due, code });
  expect(text).not.toMatch(leaks);
  if (without) expect(text).not.toMatch(without);
  expect(text.length).toBeLessThanOrEqual(maxBytes);
}

/** Whoever may ask is answered until the answer goes out as it went out before; what is no good query is asked once. */
async function warm(target: Target, given: RequestCase): Promise<void> {
  const before = await target.process.ask('repeated');
  for (let time = 0; time < 20; time += 1) {
    const { text } = await ask(target, given);
    if ('errors' in (JSON.parse(text) as object) || !text.includes('"tickets"')) return;
    if ((await target.process.ask('repeated')) > before) return;
  }
  throw new Error(`the answer to ${given.name} was never kept`);
}

async function ask(target: Target, { as = 'read', method = 'POST', headers = {}, body }: RequestCase) {
  const search = method === 'GET' && typeof body === 'object' ? `?${searchOf(body)}` : '';
  const response = await fetch(`${target.url}${search}`, {
    method,
    headers: {
      ...(method === 'POST' && { 'content-type': 'application/json' }),
      accept: 'application/graphql-response+json',
      ...(as !== null && credentials(target, as)),
      ...(typeof headers === 'function' ? headers(target) : headers),
    },
    ...(method === 'POST' && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}

const searchOf = (body: object): string =>
  new URLSearchParams(
    Object.entries(body).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  ).toString();
