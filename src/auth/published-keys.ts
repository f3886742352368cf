import type { JWK } from 'jose';
import { algorithmsOfPublished } from './jwt.ts';
import { downloadKeys } from './jwks.ts';

/** How many keys an issuer publishes, and with how many of them signatures can be checked. Rejects where they cannot be read. */
export async function countPublishedKeys(
  url: string,
): Promise<{ readonly all: number; readonly usable: number }> {
  const {
    set: { keys },
  } = await downloadKeys(url);
  const usable = await Promise.all(keys.map(isUsable));
  return { all: keys.length, usable: usable.filter(Boolean).length };
}

/** What a key is for where it does not say it itself. */
const usual: Readonly<Record<string, string>> = { RSA: 'RS256', OKP: 'EdDSA' };
const byCurve: Readonly<Record<string, string>> = { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512' };

async function isUsable(key: JWK): Promise<boolean> {
  const algorithm = key.alg ?? byCurve[key.crv ?? ''] ?? usual[key.kty ?? ''];
  if (algorithm === undefined || !algorithmsOfPublished.includes(algorithm) || key.use === 'enc')
    return false;
  const { importJWK } = await import('jose');
  try {
    await importJWK(key, algorithm);
    return true;
  } catch {
    // Whatever is wrong with it, it is no key to check anything with.
    return false;
  }
}
