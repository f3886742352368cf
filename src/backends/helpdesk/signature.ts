import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RawDelivery } from '../../domain/backend.ts';

/*
 * Standard Webhooks 1.0 (standardwebhooks.com), symmetric scheme: HMAC-SHA256 over `id.timestamp.body`.
 * The `standardwebhooks` package is not used here: it reads the machine's clock itself, turns the raw body into text
 * before it computes over it, and hashes in JavaScript. Tests hold the two against each other.
 */

export interface Signed {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly timestamp: number;
}

export type Verification =
  /** `secret`: the one it was signed with. */
  | { readonly ok: true; readonly signed: Signed; readonly secret: string }
  | { readonly ok: false; readonly reason: 'UNSIGNED' | 'FORGED' | 'UNTIMELY' };

const prefix = 'whsec_';
/** Seconds that sender and receiver may differ, either way. */
export const tolerance = 300;
/** More than any rotation needs; each costs a comparison. */
const maxSignatures = 32;

const idShape = /^[\w.:+/=@~-]{1,256}$/;
const timestampShape = /^[1-9]\d{0,10}$/;
const signatureShape = /^v1,([A-Za-z\d+/]{43}=)$/;
const base64Shape = /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}(?:==)?|[A-Za-z\d+/]{3}=?)?$/;

/** What is wrong with a secret, for whoever configures it; never the secret itself. null: nothing. */
export function secretFault(secret: string): string | null {
  if (!secret.startsWith(prefix)) return `must begin with ${prefix}`;
  const encoded = secret.slice(prefix.length);
  if (encoded === '') return `has nothing after ${prefix}`;
  return base64Shape.test(encoded) ? null : `must be base64 after ${prefix}`;
}

/** @param secret one without a fault */
const keyOf = (secret: string): Buffer => Buffer.from(secret.slice(prefix.length), 'base64');

function hmac(secret: string, { id, timestamp }: Signed, body: Uint8Array): Buffer {
  return createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.`).update(body).digest();
}

/** The counterpart of `verify`: one value of the `webhook-signature` header. */
export const sign = (secret: string, signed: Signed, body: Uint8Array): string =>
  `v1,${hmac(secret, signed, body).toString('base64')}`;

/**
 * Looks at the raw body only. A delivery is genuine when any of its signatures was made with any of the secrets;
 * secrets with a fault never match.
 * @param now milliseconds since the epoch
 */
export function verify({ header, body }: RawDelivery, secrets: readonly string[], now: number): Verification {
  const [id, time, signatures] = [
    header('webhook-id'),
    header('webhook-timestamp'),
    header('webhook-signature'),
  ];
  if (!id || !time || !signatures) return { ok: false, reason: 'UNSIGNED' };
  // No brace or quote fits an id, so that no part of a body passes for the end of one.
  if (!idShape.test(id) || !timestampShape.test(time)) return { ok: false, reason: 'FORGED' };
  const signed = { id, timestamp: Number(time) };
  // First what costs nothing: a body is hashed only for a delivery that could still be accepted.
  if (Math.abs(Math.floor(now / 1000) - signed.timestamp) > tolerance)
    return { ok: false, reason: 'UNTIMELY' };
  const claimed = decodeSignatures(signatures);
  // All of them, whichever fits: how long it takes must not tell which one that is.
  const genuine = secrets
    .filter((secret) => secretFault(secret) === null && claimed.length > 0)
    .map((secret) => (isAnyOf(claimed, hmac(secret, signed, body)) ? secret : undefined))
    .find((secret) => secret !== undefined);
  return genuine === undefined ? { ok: false, reason: 'FORGED' } : { ok: true, signed, secret: genuine };
}

const isAnyOf = (claimed: readonly Buffer[], expected: Buffer): boolean =>
  claimed.map((signature) => timingSafeEqual(signature, expected)).includes(true);

/** Those of a scheme we know: 32 bytes each, as `timingSafeEqual` needs. */
function decodeSignatures(header: string): Buffer[] {
  return header
    .split(' ', maxSignatures)
    .flatMap((signature) => signatureShape.exec(signature)?.[1] ?? [])
    .map((encoded) => Buffer.from(encoded, 'base64'));
}
