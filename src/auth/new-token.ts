import { hash, randomBytes } from 'node:crypto';

/** A token to hand out, and what the gateway needs to know it by. */
export interface NewToken {
  /** 256 bits of chance: it needs no salt. The prefix is for people and for those who search for leaked secrets. */
  readonly token: string;
  readonly sha256: string;
}

export function newToken(): NewToken {
  const token = `gwt_${randomBytes(32).toString('base64url')}`;
  return { token, sha256: hash('sha256', token, 'hex') };
}
