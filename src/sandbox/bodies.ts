import { z } from 'zod';
import type { Json } from '../domain/json.ts';
import { RestError, invalid } from './errors.ts';
import type { Detail, Details } from './errors.ts';

/** Any JSON value, typed as such; what was parsed from JSON always is one. */
export const json: z.ZodType<Json> = z.json();

const parsed = z.custom<Json>();

/** What a body says; undefined: it is empty, or no JSON. */
export function parseJson(body: string): Json | undefined {
  if (body === '') return undefined;
  try {
    return parsed.parse(JSON.parse(body));
  } catch {
    return undefined;
  }
}

const anyObject = z.record(z.string(), z.unknown());

/** The object inside the wrapper, `{ "ticket": {…} }`. Throws BAD_REQUEST where there is none. */
export function unwrap(body: unknown, wrapper: string): Record<string, unknown> {
  const outer = anyObject.safeParse(body);
  if (!outer.success) throw new RestError('BAD_REQUEST', 'The body must be a JSON object');
  const inner = anyObject.safeParse(outer.data[wrapper]);
  if (!inner.success) throw new RestError('BAD_REQUEST', `The body must have an object "${wrapper}"`);
  return inner.data;
}

const label = (attribute: string): string => {
  const words = attribute.replaceAll(/([A-Z])/g, ' $1').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
};

function detailOf(issue: z.core.$ZodIssue, attribute: string): Detail {
  const missing =
    issue.input === undefined ||
    (typeof issue.input === 'string' && issue.input.trim() === '') ||
    (issue.code === 'too_small' && issue.origin === 'array');
  if (missing) return { code: 'REQUIRED', message: `${label(attribute)} is required` };
  if (issue.code === 'too_big') {
    return { code: 'TOO_LONG', message: `${label(attribute)} is longer than ${String(issue.maximum)}` };
  }
  return { code: 'INVALID', message: `${label(attribute)} is invalid: ${issue.message}` };
}

/** `['options', 3, 'value']` as `options[3].value` */
const keyOf = (path: readonly PropertyKey[]): string =>
  path
    .map((part, at) => (typeof part === 'number' ? `[${part}]` : `${at > 0 ? '.' : ''}${String(part)}`))
    .join('');

/** The value by a schema, or what is wrong with it in the contract's words; never both. */
export function read<T>(
  schema: z.ZodType<T>,
  value: unknown,
): { readonly data: T; readonly details: null } | { readonly data: null; readonly details: Details } {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return { data: result.data, details: null };
  const details: Record<string, Detail[]> = {};
  for (const issue of result.error.issues) {
    (details[keyOf(issue.path)] ??= []).push(detailOf(issue, String(issue.path[0] ?? 'Body')));
  }
  return { data: null, details };
}

/** The value by a schema. Throws VALIDATION_ERROR. */
export function demand<T>(schema: z.ZodType<T>, value: unknown): T {
  const { data, details } = read(schema, value);
  if (details) throw invalid(details);
  return data;
}

/** A text that must hold something. @param max in UTF-16 code units */
export const text = (max: number): z.ZodType<string> =>
  z
    .string()
    .max(max)
    .refine((value) => value.trim() !== '', 'must not be empty');
