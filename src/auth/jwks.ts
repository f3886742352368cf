import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import type { Clock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import { describeError } from '../domain/redact.ts';

export interface JwksOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Keys that were there are gone, or are others now. */
  readonly onReplaced: () => void;
}

export interface Jwks {
  /** For jose. @throws KeysUnavailableError where it cannot be told whether there is such a key */
  readonly keyOf: JWTVerifyGetKey;
  /** To be called whenever a token is shown: keys that were read long ago are read again, and nobody waits for it. */
  tend(): void;
}

/** The issuer's keys are out of reach, and the key of a token is not among the known ones. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError';
}

/** Milliseconds after which keys are read again, so that one which was withdrawn is trusted no longer. */
const refreshMs = 5 * 60_000;
/** Milliseconds between two readings, however many tokens name a key that nobody knows. */
const cooldownMs = 10_000;
/** Milliseconds the issuer has to answer. */
const timeoutMs = 5_000;
/** Characters of an answer. */
const longest = 1_000_000;

const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });

interface Known {
  /** As it was read, to tell whether it changed. */
  readonly text: string;
  readonly keyOf: JWTVerifyGetKey;
  readonly readAt: number;
}

/**
 * The public keys of an issuer. Unlike jose's own, they stay good while the issuer cannot be reached, and a key that is not
 * known has them read again once in a while only, also while that fails.
 */
export function createJwks({ url, clock, log, onReplaced }: JwksOptions): Jwks {
  let known: Known | null = null;
  /** The last reading; true: it went well. */
  let reading: { readonly at: number; over: boolean; readonly done: Promise<boolean> } | null = null;
  let failing = false;

  const readNow = async (): Promise<boolean> => {
    try {
      const { text, set } = await downloadKeys(url);
      const { createLocalJWKSet } = await import('jose');
      const replaced = known !== null && known.text !== text;
      known = { text, keyOf: createLocalJWKSet(set), readAt: clock.now() };
      if (replaced) onReplaced();
      if (failing) log.info({}, 'The keys of tokens can be read again.');
      failing = false;
      return true;
    } catch (error) {
      const message = known
        ? 'The keys of tokens could not be read again; the known ones go on.'
        : 'The keys of tokens could not be read: nobody can be let in.';
      if (!failing) log.warn({ error: describeError(error) }, message);
      failing = true;
      return false;
    }
  };

  /** One at a time, and not again so soon. */
  const read = (): Promise<boolean> => {
    if (reading !== null && (!reading.over || isRecent(reading.at))) return reading.done;
    const begun = { at: clock.now(), over: false, done: readNow().finally(() => (begun.over = true)) };
    reading = begun;
    return begun.done;
  };
  /** A clock that was set back makes nothing recent. */
  const isRecent = (at: number): boolean => clock.now() >= at && clock.now() - at < cooldownMs;

  return {
    keyOf: async (header, token) => {
      if (known === null) await read();
      if (known === null) throw new KeysUnavailableError('no keys are known');
      const { errors } = await import('jose');
      try {
        return await known.keyOf(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        // It may be new.
        if (!(await read())) throw new KeysUnavailableError('the key is not known', { cause: error });
        return await known.keyOf(header, token);
      }
    },
    tend: () => {
      if (known !== null && clock.now() - known.readAt >= refreshMs) void read();
    },
  };
}

/** What an issuer publishes. @throws Error that says what is wrong */
export async function downloadKeys(
  url: string,
): Promise<{ readonly text: string; readonly set: JSONWebKeySet }> {
  const response = await fetch(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    // Whoever can redirect it elsewhere could let anybody in.
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`HTTP ${response.status}`);
  }
  const text = await textOf(response);
  const parsed = keySet.safeParse(jsonOf(text));
  if (!parsed.success) throw new Error('the answer is no set of keys');
  return { text, set: parsed.data };
}

async function textOf({ body }: Response): Promise<string> {
  let text = '';
  if (body === null) return text;
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.length > longest) throw new Error('the answer is too long');
  }
  return text;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
