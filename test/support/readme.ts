import { readFile } from 'node:fs/promises';

/** A fenced block of the README. */
export interface Block {
  /** `sh`, `json`, `text`, … */
  readonly language: string;
  readonly text: string;
}

export async function readmeBlocks(): Promise<Block[]> {
  const text = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', body = '']) => ({
    language,
    text: body,
  }));
}

/** Names whose values differ from run to run. */
const volatile = /^(cursor|endCursor|resetAt|remaining|waitedMs|traceId|readAfter)$/;

/** A JSON value with what differs from run to run taken out. */
export function lasting(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lasting);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      volatile.test(name) ? typeof member : lasting(member),
    ]),
  );
}
