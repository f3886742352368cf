import type * as z from 'zod';
import { shorten } from '../../domain/redact.ts';
import { errorAnswer } from './wire.ts';

/** An answer with its body as text. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/**
 * What became of reading an answer. NOT_JSON: it is not of this API. MISMATCH: it is, and breaks the contract at
 * `attribute`.
 */
export type Decoded<Value> =
  | { readonly kind: 'READ'; readonly value: Value }
  | { readonly kind: 'NOT_JSON' }
  | { readonly kind: 'MISMATCH'; readonly attribute: string };

export function decode<Schema extends z.ZodType>(answer: Answer, schema: Schema): Decoded<z.output<Schema>> {
  const json = parsed(answer);
  if (json === undefined) return { kind: 'NOT_JSON' };
  const result = schema.safeParse(json);
  return result.success
    ? { kind: 'READ', value: result.data }
    : { kind: 'MISMATCH', attribute: attributeName(result.error.issues[0]?.path ?? []) };
}

/** The `error` of a well-formed body of an error; null for everything else. */
export function errorOf(answer: Answer) {
  const error = errorAnswer.safeParse(parsed(answer)).data?.error;
  // A code is a word. Whatever else stands there is not of this API.
  return error !== undefined && /^[A-Za-z][\w.-]{0,63}$/.test(error.code) ? error : null;
}

export type ErrorBody = NonNullable<ReturnType<typeof errorOf>>;

/** What an answer says, for the log: never the rows it carries. */
export function said(answer: Answer): string {
  const error = errorOf(answer);
  if (error !== null) return `${error.code}: ${error.message ?? ''}`;
  const page = answer.status >= 300 && !isJson(answer.headers) ? shorten(answer.body, 300) : '';
  return `${answer.body.length} characters of ${contentType(answer.headers) ?? 'no content type'}. ${page}`.trim();
}

/** The media type without its parameters; null where none is told. */
export function contentType(headers: Headers | null): string | null {
  const type = headers?.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  return type === undefined || type === '' ? null : shorten(type, 100);
}

/** A missing header is no evidence against JSON; another type is. */
function isJson(headers: Headers): boolean {
  const type = contentType(headers);
  return type === null || /[/+]json$/.test(type);
}

/** undefined: not JSON (which has no such value). */
function parsed({ headers, body }: Answer): unknown {
  if (!isJson(headers)) return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** `['tickets', 3, 'subject']` → `tickets[3].subject` */
export const attributeName = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (name, step) =>
      typeof step === 'number' ? `${name}[${step}]` : name === '' ? String(step) : `${name}.${String(step)}`,
    '',
  ) || 'body';
