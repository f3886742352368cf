import { z } from 'zod';
import type { Reader } from './reader.ts';
import { jwksUrl, list } from './values.ts';

/** Whose tokens are believed, and what of them says who the caller is. */
export interface JwtConfig {
  readonly mode: 'JWT';
  /** What signatures are checked with. */
  readonly keys:
    | {
        /** Where the issuer publishes its public keys, `https://…`. */
        readonly jwksUrl: string;
      }
    | {
        /** Shared with the issuer; a secret. */
        readonly secret: string;
      };
  /** One of them must have issued the token; none: it is not looked at. */
  readonly issuers: readonly string[];
  /** The token must be meant for one of them; none: it is not looked at. */
  readonly audiences: readonly string[];
  /** Names of claims, or JSON pointers (RFC 6901) to them. */
  readonly claims: {
    /** A workspace or a list of them. */
    readonly workspace: string;
    /** A level, or a text or list with one in it. */
    readonly level: string;
    readonly endUser: string;
  };
}

/** Bytes that HS256 needs for a secret (RFC 7518, 3.2). */
const leastSecretBytes = 32;

const sharedSecret = z
  .string()
  .refine(
    (text) => Buffer.byteLength(text) >= leastSecretBytes,
    `must have ${leastSecretBytes} bytes at least, made by chance: openssl rand -base64 48`,
  );

const claim = z
  .string()
  .regex(
    /^[\x21-\x7e]{1,256}$/,
    'must be the name of a claim, or a JSON pointer to one, e.g. /app/workspace',
  );

export function readJwt({ read, isSet, fault }: Reader): JwtConfig {
  const url = read('JWT_JWKS_URL', jwksUrl, null);
  const secret = read('JWT_SECRET', sharedSecret, null);
  if (isSet('JWT_JWKS_URL') && isSet('JWT_SECRET'))
    fault('JWT_SECRET', 'cannot stand beside JWT_JWKS_URL: tokens are checked with one or the other');
  if (!isSet('JWT_JWKS_URL') && !isSet('JWT_SECRET'))
    fault('JWT_JWKS_URL', 'is missing: AUTH_MODE=jwt needs it, or JWT_SECRET');
  if (isSet('JWT_JWKS_URL')) {
    if (!isSet('JWT_ISSUER'))
      fault('JWT_ISSUER', 'is missing: it says whose tokens are believed, as their iss claim has it');
    if (!isSet('JWT_AUDIENCE'))
      fault('JWT_AUDIENCE', 'is missing: without it a token that was issued for any other service would do');
  }
  return {
    mode: 'JWT',
    keys: url === null ? { secret: secret ?? '' } : { jwksUrl: url },
    issuers: read('JWT_ISSUER', list, []),
    audiences: read('JWT_AUDIENCE', list, []),
    claims: {
      workspace: read('JWT_WORKSPACE_CLAIM', claim, 'workspace'),
      level: read('JWT_LEVEL_CLAIM', claim, 'level'),
      endUser: read('JWT_USER_CLAIM', claim, 'sub'),
    },
  };
}
