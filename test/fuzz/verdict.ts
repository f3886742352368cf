import * as z from 'zod';

const fault = z.strictObject({
  path: z.array(z.union([z.string(), z.number()])).nullable(),
  code: z.string(),
  message: z.string(),
  sourceKey: z.string().nullable().optional(),
});

/** What every error says of itself; details of its code may stand beside. */
const error = z.strictObject({
  message: z.string().min(1),
  locations: z.array(z.strictObject({ line: z.number(), column: z.number() })).optional(),
  path: z.array(z.union([z.string(), z.number()])).optional(),
  extensions: z.looseObject({
    code: z
      .string()
      .regex(/^[A-Z][A-Z0-9_]*$/)
      .refine((code) => code !== 'INTERNAL_SERVER_ERROR', 'a defect of the gateway'),
    category: z.enum([
      'INPUT',
      'AUTH',
      'NOT_FOUND',
      'CONFLICT',
      'RATE_LIMIT',
      'BACKEND',
      'TRANSPORT',
      'GATEWAY',
    ]),
    origin: z.enum(['BACKEND', 'GATEWAY']),
    retryable: z.boolean(),
    retryAfterMs: z.number().nullable(),
    fields: z.array(fault),
    traceId: z.string().regex(/^[\da-f]{32}$/),
  }),
});

const result = z.strictObject({
  errors: z.array(error).min(1).optional(),
  data: z.record(z.string(), z.unknown()).nullable().optional(),
  extensions: z.record(z.string(), z.unknown()).optional(),
});

/** What the gateway is made of, or that it failed in a way nobody foresaw. */
const unmasked =
  /(?:\\n|\n)\s+at |node_modules|file:\/\/|\/src\/|Unexpected error|TypeError|RangeError|Cannot read prop|is not a function|originalError/;

/** What is wrong with an answer; null: nothing. @param parts ERRORS: it is a list of errors, as sockets send it */
export function faultOf(text: string, parts: 'RESULT' | 'ERRORS' = 'RESULT'): string | null {
  const leak = unmasked.exec(text);
  if (leak) return `it tells ${JSON.stringify(leak[0])}: ${text.slice(0, 600)}`;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return `it is no JSON: ${text.slice(0, 200)}`;
  }
  const read = (parts === 'RESULT' ? result : z.array(error).min(1)).safeParse(body);
  return read.success ? null : `${z.prettifyError(read.error)} in ${text.slice(0, 600)}`;
}
