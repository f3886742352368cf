import { z } from 'zod';
import type { ApiLevel } from '../domain/caller.ts';
import type { Reader } from './reader.ts';
import { apiLevel, workspaceId } from './values.ts';
import type { WorkspaceConfig } from './workspaces.ts';

/** A token that the operator has handed out. */
export interface TokenConfig {
  /** Whom it was given to; also the name by which its holder takes turns. */
  readonly name: string;
  /** SHA-256 of the token, 64 hexadecimal digits in lower case. The token itself is nowhere here. */
  readonly sha256: string;
  readonly level: ApiLevel;
  /** Where it is good; null: in the gateway's only workspace. */
  readonly workspaces: readonly string[] | null;
  /** Milliseconds since the epoch; null: it stays good until it is taken out of the file. */
  readonly expiresAt: number | null;
}

export interface TokensConfig {
  readonly mode: 'TOKENS';
  readonly tokens: readonly TokenConfig[];
}

/** `{ "tokens": [{ "name", "sha256", "level", "workspaces"?, "expiresAt"? }] }` */
const tokensFile = z.strictObject({
  tokens: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[\w.@-]{1,64}$/, 'must be a name (letters, digits, _ . @ -)'),
        sha256: z
          .string()
          .regex(/^[\da-f]{64}$/i, 'must be a SHA-256 in 64 hexadecimal digits: npm run new-token makes one')
          .transform((digits) => digits.toLowerCase()),
        level: apiLevel,
        workspaces: z.array(workspaceId).min(1, 'must name one workspace at least').nullable().default(null),
        expiresAt: z.iso
          .datetime({ offset: true, error: 'must be an instant, e.g. 2027-01-31T00:00:00Z' })
          .transform((text) => Date.parse(text))
          .nullable()
          .default(null),
      }),
    )
    .min(1, 'must hold one token at least')
    .refine((tokens) => areDistinct(tokens, 'name'), 'must have each name once')
    .refine((tokens) => areDistinct(tokens, 'sha256'), 'must have each token once'),
});

const areDistinct = <K extends 'name' | 'sha256'>(
  tokens: readonly Readonly<Record<K, string>>[],
  key: K,
): boolean => new Set(tokens.map((token) => token[key])).size === tokens.length;

/** @param workspaces those that the gateway knows; none: the sandbox's */
export function readTokens(
  { isSet, fault, readFile }: Reader,
  workspaces: readonly WorkspaceConfig[],
): TokensConfig {
  const variable = 'GATEWAY_TOKENS_FILE';
  if (!isSet('GATEWAY_TOKENS_FILE')) fault(variable, 'is missing: AUTH_MODE=tokens needs it');
  const { tokens } = readFile(variable, tokensFile, { tokens: [] });
  if (workspaces.length > 0) {
    const held = new Set(workspaces.filter(({ apiKey }) => apiKey !== null).map(({ id }) => id));
    for (const { name, workspaces: named } of tokens) {
      if (named === null && held.size > 1)
        fault(variable, `${name} names no workspaces, and the gateway holds keys of several`);
      const unknown = named?.filter((id) => !held.has(id)) ?? [];
      if (unknown.length > 0)
        fault(variable, `${name} names workspaces that the gateway holds no key of: ${unknown.join(', ')}`);
    }
  }
  return { mode: 'TOKENS', tokens };
}
