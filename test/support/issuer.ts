import { once } from 'node:events';
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT, type JWK, type JWTPayload } from 'jose';

type Signer = Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];

interface Key {
  readonly kid: string;
  readonly sign: Signer;
  readonly published: JWK;
}

export interface SignOptions {
  /** Milliseconds since the epoch. @default the machine's time */
  readonly now?: number;
  /** Seconds from `now`; null: it has none. @default 300 */
  readonly lastsS?: number | null;
  /** @default the newest */
  readonly key?: Key;
  readonly header?: Readonly<Record<string, unknown>>;
}

/** Whoever issues tokens, with a server on loopback that publishes its keys. */
export interface Issuer extends AsyncDisposable {
  readonly jwksUrl: string;
  /** Configuration of a gateway that believes it. */
  readonly env: Readonly<Record<string, string>>;
  /** How often its keys were asked for. */
  readonly asked: number;
  /** How it answers; null: with its keys. */
  answer: {
    readonly status: number;
    readonly headers?: Record<string, string>;
    readonly body: string;
  } | null;
  readonly key: Key;
  sign(claims?: JWTPayload, options?: SignOptions): Promise<string>;
  /** A new key signs from now on. @param keep whether the old ones stay published */
  rotate(keep?: boolean): Promise<void>;
}

export const issuerName = 'https://id.example.com/';
export const audience = 'helpdesk-gateway';

/** @param algorithm of its keys @default ES256 */
export async function startIssuer(algorithm = 'ES256'): Promise<Issuer> {
  let made = 0;
  const make = async (): Promise<Key> => {
    const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
    const kid = `key-${(made += 1)}`;
    return {
      kid,
      sign: privateKey,
      published: { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' },
    };
  };
  let key = await make();
  let published: readonly Key[] = [key];
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    const { status, headers, body } = issuer.answer ?? {
      status: 200,
      headers: { 'content-type': 'application/jwk-set+json' },
      body: JSON.stringify({ keys: published.map(({ published: jwk }) => jwk) }),
    };
    response.writeHead(status, headers);
    response.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it listens nowhere');
  const jwksUrl = `http://127.0.0.1:${address.port}/jwks`;

  const issuer: Issuer = {
    jwksUrl,
    env: {
      AUTH_MODE: 'jwt',
      JWT_JWKS_URL: jwksUrl,
      JWT_ISSUER: issuerName,
      JWT_AUDIENCE: audience,
    },
    get asked() {
      return asked;
    },
    answer: null,
    get key() {
      return key;
    },
    sign: async (claims = {}, { now = Date.now(), lastsS = 300, key: signer = key, header } = {}) => {
      const seconds = Math.floor(now / 1000);
      const token = new SignJWT({ iss: issuerName, aud: audience, iat: seconds, ...claims });
      if (lastsS !== null) token.setExpirationTime(seconds + lastsS);
      return token.setProtectedHeader({ alg: algorithm, kid: signer.kid, ...header }).sign(signer.sign);
    },
    rotate: async (keep = false) => {
      key = await make();
      published = keep ? [...published, key] : [key];
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return issuer;
}
