import { GatewayError } from '../domain/errors.ts';

/**
 * What a client may give an operation, in milliseconds. The longest is the length of a backend's window: whoever can
 * wait for that gets the next one's requests.
 */
export const deadlineBounds = { least: 1, most: 60_000 } as const;

/**
 * How long an operation may take, in milliseconds; null: the client leaves it to the gateway. Where both speak, the
 * shorter time holds: a proxy sets the header for all, a client its own operation.
 * @param header `X-Deadline-Ms` as it came; null: none came
 * @param extensions of the request, for `deadlineMs`
 * @returns GatewayError BAD_USER_INPUT where one of them is no such number
 */
export function readDeadline(
  header: string | null,
  extensions: Readonly<Record<string, unknown>> | null | undefined,
): number | null | GatewayError {
  const ofHeader = header === null ? null : checked('X-Deadline-Ms', numberIn(header.trim()));
  if (ofHeader instanceof GatewayError) return ofHeader;
  const given = extensions?.['deadlineMs'] ?? null;
  const ofExtensions = given === null ? null : checked('extensions.deadlineMs', given);
  if (ofExtensions instanceof GatewayError) return ofExtensions;
  if (ofHeader === null || ofExtensions === null) return ofHeader ?? ofExtensions;
  return Math.min(ofHeader, ofExtensions);
}

/** Digits alone: `Number` takes blanks, signs and exponents too. */
const numberIn = (text: string): number => (/^\d{1,9}$/.test(text) ? Number(text) : Number.NaN);

function checked(name: string, value: unknown): number | GatewayError {
  const { least, most } = deadlineBounds;
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  const message = `${name} must be a whole number of milliseconds from ${least} to ${most}. Nothing was sent.`;
  return new GatewayError('BAD_USER_INPUT', message, {
    fields: [{ path: null, code: 'INVALID', message, sourceKey: name }],
  });
}
