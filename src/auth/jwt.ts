import type { JWTVerifyGetKey, JWTVerifyOptions } from 'jose';
import type { Clock } from '../domain/clock.ts';
import { GatewayError } from '../domain/errors.ts';
import type { Log } from '../domain/log.ts';
import { describeError } from '../domain/redact.ts';
import { grantOf, type ClaimNames } from './claims.ts';
import type { Grant, TokenVerifier } from './grant.ts';
import { createJwks, KeysUnavailableError } from './jwks.ts';
import { rememberTokens } from './remembered.ts';

export interface JwtVerifierOptions {
  /** What signatures are checked with: public keys of an issuer, or a secret shared with it. */
  readonly keys: { readonly jwksUrl: string } | { readonly secret: string };
  /** One of them must have issued the token; none: it is not looked at. */
  readonly issuers: readonly string[];
  /** The token must be meant for one of them; none: it is not looked at. */
  readonly audiences: readonly string[];
  readonly claims: ClaimNames;
  readonly clock: Clock;
  readonly log: Log;
}

/** Seconds by which the issuer's clock may differ. A token is good for that much longer than it says. */
const toleranceS = 30;

/** What a published key may be used with. Never what a secret is used with: one must not be taken for the other. */
export const algorithmsOfPublished: readonly string[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const algorithmsOfSecret: readonly string[] = ['HS256', 'HS384', 'HS512'];

/** Milliseconds after which it is worth trying again where keys cannot be read. */
const retryMs = 10_000;

/** Takes JSON Web Tokens that are signed, in time and meant for this gateway. */
export function createJwtVerifier(options: JwtVerifierOptions): TokenVerifier {
  const { keys, clock, log } = options;
  if ('secret' in keys) {
    const secret = new TextEncoder().encode(keys.secret);
    return rememberTokens(
      checking(options, () => secret, algorithmsOfSecret),
      clock,
    );
  }
  const jwks = createJwks({ url: keys.jwksUrl, clock, log, onReplaced: () => remembered.forget() });
  const remembered = rememberTokens(checking(options, jwks.keyOf, algorithmsOfPublished), clock);
  return {
    verify: (token) => {
      jwks.tend();
      return remembered.verify(token);
    },
  };
}

function checking(
  { issuers, audiences, claims, clock, log }: JwtVerifierOptions,
  keyOf: JWTVerifyGetKey,
  allowed: readonly string[],
): (token: string) => Promise<Grant | GatewayError> {
  const fixed: JWTVerifyOptions = {
    algorithms: [...allowed],
    clockTolerance: toleranceS,
    requiredClaims: ['exp'],
    ...(issuers.length > 0 && { issuer: [...issuers] }),
    ...(audiences.length > 0 && { audience: [...audiences] }),
  };
  return async (token) => {
    // Nobody else needs it.
    const { jwtVerify, errors } = await import('jose');
    try {
      const { payload } = await jwtVerify(token, keyOf, { ...fixed, currentDate: new Date(clock.now()) });
      return { ...grantOf(payload, claims), expiresAt: expiryOf(payload.exp) };
    } catch (error) {
      if (error instanceof KeysUnavailableError) return unavailable;
      if (error instanceof errors.JWTExpired) return expired;
      if (error instanceof errors.JWTClaimValidationFailed) return claimFault(error.claim);
      // It says nothing of the token, but of a key that is too short or of another kind than it says.
      if (!(error instanceof errors.JOSEError))
        log.warn({ error: describeError(error) }, 'A token could not be checked with the key that it names.');
      return invalid;
    }
  };
}

/** The last instant that has a date (ECMA-262, 21.4.1.1): some issuers mean `never` by an even later one. */
const lastInstant = 8.64e15;

const expiryOf = (exp = 0): number => Math.min((exp + toleranceS) * 1000, lastInstant);

const invalid = new GatewayError('INVALID_API_KEY', 'What was sent is no valid token for this gateway.');
const expired = new GatewayError('TOKEN_EXPIRED', 'The token has expired. Get a new one.');
const unavailable = new GatewayError('AUTH_UNAVAILABLE', 'Tokens cannot be checked now. Try again later.', {
  retryAfterMs: retryMs,
});

/** @param claim of those that are asked for, never one that the token brought */
const claimFault = (claim: string): GatewayError =>
  new GatewayError('INVALID_API_KEY', `The token is not good for this gateway: see its claim ${claim}.`);
