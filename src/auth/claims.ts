import type { ApiLevel } from '../domain/caller.ts';
import { endUserOf, type Grant } from './grant.ts';

/** Where in a token it says who its holder is: names of claims, or JSON pointers (RFC 6901) to them. */
export interface ClaimNames {
  /** A workspace or a list of them. */
  readonly workspace: string;
  /** A text with words, or a list of them; the highest level among them counts. */
  readonly level: string;
  readonly endUser: string;
}

type Claims = Readonly<Record<string, unknown>>;

/** What claims come to. A token without a level that is known is good for reading. */
export function grantOf(claims: Claims, names: ClaimNames): Omit<Grant, 'expiresAt'> {
  const user = find(claims, names.endUser);
  const { iss: issuer } = claims;
  const known = typeof user === 'string' || typeof user === 'number' ? String(user) : '';
  return {
    workspaces: workspacesIn(find(claims, names.workspace)),
    level: levelIn(wordsIn(find(claims, names.level))),
    endUser: known === '' ? null : endUserOf('claim', typeof issuer === 'string' ? issuer : '', known),
  };
}

/** A claim of another kind names no workspace that exists. */
function workspacesIn(claim: unknown): readonly string[] | null {
  if (claim === undefined || claim === null) return null;
  return typeof claim === 'string' ? [claim] : textsIn(claim);
}

/** As in `scope` (RFC 8693, 4.2), or a list of roles. */
const wordsIn = (claim: unknown): readonly string[] =>
  typeof claim === 'string' ? claim.split(' ') : textsIn(claim);

const textsIn = (claim: unknown): readonly string[] =>
  Array.isArray(claim) ? claim.filter((entry) => typeof entry === 'string') : [];

const descending = ['ADMIN', 'WRITE', 'READ'] as const satisfies readonly ApiLevel[];

function levelIn(words: readonly string[]): ApiLevel {
  const given = new Set(words.map((word) => word.toUpperCase()));
  return descending.find((level) => given.has(level)) ?? 'READ';
}

/** Own members alone: what `constructor` would find is no claim. */
function find(claims: Claims, name: string): unknown {
  const path = name.startsWith('/')
    ? name
        .slice(1)
        .split('/')
        .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    : [name];
  return path.reduce<unknown>(
    (value, step) => (isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined),
    claims,
  );
}

const isObject = (value: unknown): value is Claims => typeof value === 'object' && value !== null;
