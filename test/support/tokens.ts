import { newToken } from '../../src/auth/new-token.ts';
import type { ApiLevel } from '../../src/domain/caller.ts';
import { makeJsonFile } from './json-file.ts';

export interface TokenSpec {
  readonly level: ApiLevel;
  readonly workspaces?: readonly string[];
  readonly expiresAt?: string;
}

export interface Tokens<Name extends string> extends AsyncDisposable {
  /** Configuration of a gateway that knows them. */
  readonly env: Readonly<Record<string, string>>;
  /** By name. */
  readonly of: Readonly<Record<Name, string>>;
}

/** Tokens that were handed out, and the file by which a gateway knows them. */
export async function handOutTokens<const Name extends string>(
  specs: Readonly<Record<Name, TokenSpec>>,
): Promise<Tokens<Name>> {
  const of: Partial<Record<Name, string>> = {};
  const entries: object[] = [];
  for (const name of Object.keys(specs) as Name[]) {
    const { token, sha256 } = newToken();
    of[name] = token;
    entries.push({ name, sha256, ...specs[name] });
  }
  const file = await makeJsonFile({ tokens: entries });
  return {
    env: { AUTH_MODE: 'tokens', GATEWAY_TOKENS_FILE: file.path },
    of: of as Record<Name, string>,
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  };
}
