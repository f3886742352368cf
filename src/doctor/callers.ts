import { describeError } from '../domain/redact.ts';
import { findingsOf, type Finding } from './finding.ts';

/** By what callers are let in. */
export type Admittance =
  /** Their own keys, or nothing: there is nothing to look at. */
  | { readonly by: 'KEYS' }
  | { readonly by: 'SECRET' }
  | {
      readonly by: 'PUBLISHED_KEYS';
      readonly url: string;
      /** Reads what the issuer publishes. Rejects where it cannot be read. */
      readonly read: () => Promise<{ readonly all: number; readonly usable: number }>;
    }
  | {
      readonly by: 'TOKENS';
      readonly tokens: readonly { readonly name: string; readonly expiresAt: number | null }[];
    };

/** Milliseconds before its end from which on a token is told of. */
const soonMs = 14 * 86_400_000;

const { ok, warn, fail } = findingsOf('callers');

/** Whether those who are to be let in can be. @param now milliseconds since the epoch */
export async function checkCallers(admittance: Admittance, now: number): Promise<readonly Finding[]> {
  switch (admittance.by) {
    case 'KEYS':
      return [];
    case 'SECRET':
      return [ok('tokens are checked with JWT_SECRET.')];
    case 'PUBLISHED_KEYS':
      return [await published(admittance)];
    case 'TOKENS':
      return tokensOf(admittance.tokens, now);
  }
}

async function published({ url, read }: Extract<Admittance, { by: 'PUBLISHED_KEYS' }>): Promise<Finding> {
  const cure =
    'See whether JWT_JWKS_URL is right and can be reached from here: without its keys nobody is let in.';
  try {
    const { all, usable } = await read();
    if (usable === 0)
      return fail(`none of the ${all} keys of ${url} is one that signatures can be checked with.`, cure);
    return ok(`${usable} of the ${all} keys of ${url} can be used.`);
  } catch (error) {
    return fail(`the keys of ${url} cannot be read (${describeError(error).message}).`, cure);
  }
}

function tokensOf(tokens: Extract<Admittance, { by: 'TOKENS' }>['tokens'], now: number): readonly Finding[] {
  const dated = tokens.flatMap(({ name, expiresAt }) => (expiresAt === null ? [] : [{ name, expiresAt }]));
  const expired = dated.filter(({ expiresAt }) => expiresAt <= now);
  const ending = dated.filter(({ expiresAt }) => expiresAt > now && expiresAt - now < soonMs);
  const cure = 'Make another with `npm run new-token`, or take it out of GATEWAY_TOKENS_FILE.';
  const findings = [
    ...expired.map(({ name }) => warn(`the token of ${name} has expired.`, cure)),
    ...ending.map(({ name, expiresAt }) =>
      warn(`the token of ${name} ends at ${new Date(expiresAt).toISOString()}.`, cure),
    ),
  ];
  const good = tokens.length - expired.length;
  return [
    good > 0
      ? ok(`${good} of ${tokens.length} tokens are good.`)
      : fail('none of the tokens is good any more: nobody is let in.', 'Make one with `npm run new-token`.'),
    ...findings,
  ];
}
