import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { startChild, type Child } from '../bench/child.ts';
import { newSecret } from '../support/delivery.ts';
import { sinkEnvironment, tellSecrets, tellSecretsOf } from '../support/log-sink.ts';
import { startIssuer, type Issuer } from '../support/issuer.ts';
import { handOutTokens } from '../support/tokens.ts';
import type { GatewayAnswers } from './gateway-process.ts';

/** A gateway under attack, and the helpdesk behind it, of which it is known what reached it. */
export interface Target {
  readonly port: number;
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  readonly url: string;
  readonly wsUrl: string;
  readonly webhookUrl: string;
  readonly secret: string;
  readonly sandbox: Sandbox;
  readonly process: Pick<Child<GatewayAnswers>, 'ask'>;
  /** The headers of a caller who may ask. */
  readonly credentials: Readonly<Record<Level, Readonly<Record<string, string>>>>;
  /** Of one whose token has expired; null: there is no such thing here. */
  readonly expired: string | null;
}

/** What the cases attack. */
export interface Targets extends Target, AsyncDisposable {
  /** Another one like it that soon loses its patience: for what must be ended by time. */
  readonly impatient: Target;
  /** One that holds the key, lets callers in by tokens that it knows, shows no schema and takes small documents only. */
  readonly strict: Target;
  /** One that holds the key, lets callers in by tokens of an issuer, and runs trusted documents only. */
  readonly listed: Target;
  readonly issuer: Issuer;
}

/** Refusals of deliveries that one sender has free; more than the cases need that are no flood. */
export const maxRefusedPerMinute = 30;

/** What the strict one takes. */
export const strictDocuments = {
  MAX_DEPTH: '4',
  MAX_ALIASES: '3',
  MAX_ROOT_FIELDS: '3',
  MAX_DIRECTIVES: '2',
  MAX_RESOLVED_FIELDS: '500',
  MAX_REST_CALLS_PER_OPERATION: '5',
  INTROSPECTION: 'false',
  FIELD_SUGGESTIONS: 'false',
} as const;

/** What codegen made of the operations that are shipped. */
const manifest = fileURLToPath(new URL('../support/generated/persisted-documents.json', import.meta.url));

/** The id of a trusted document, by the name of its operation. */
export function trustedId(operation: string): string {
  const documents = JSON.parse(readFileSync(manifest, 'utf8')) as Readonly<Record<string, string>>;
  const found = Object.entries(documents).find(([, text]) => new RegExp(`^\\w+ ${operation}\\b`).test(text));
  if (!found) throw new Error(`no ${operation}`);
  return found[0];
}

/** Gateways, most of which hold no key: callers bring theirs. @param env on top of what the suite sets */
export async function startTargets(env: Readonly<Record<string, string>> = {}): Promise<Targets> {
  const sandbox = await startSandbox({ tickets: 60, rateLimit: { limit: 1_000_000 } });
  const children: Child<GatewayAnswers>[] = [];

  const { workspaceId } = sandbox;
  const bearers = (tokens: Readonly<Record<Level, string>>): Target['credentials'] => {
    const headersOf = (token: string) => ({
      authorization: `Bearer ${token}`,
      'x-workspace-id': workspaceId,
    });
    return { read: headersOf(tokens.read), write: headersOf(tokens.write), admin: headersOf(tokens.admin) };
  };

  const start = async (
    manner: 'patient' | 'impatient',
    mode: Readonly<Record<string, string>> = {},
    { credentials = bearers(sandbox.keys), expired = null }: Partial<Target> = {},
  ): Promise<Target> => {
    const secret = newSecret();
    tellSecrets([secret]);
    tellSecretsOf({ ...env, ...mode });
    const child = await startChild<GatewayAnswers>(
      '../abuse/gateway-process.ts',
      [manner],
      {
        PORT: '0',
        DATA_DIR: 'off',
        // Who sends deliveries is told apart by a proxy's word: cases play several senders.
        TRUST_PROXY: '1',
        HELPDESK_URL: sandbox.url,
        HELPDESK_WORKSPACE_ID: sandbox.workspaceId,
        HELPDESK_WEBHOOK_SECRET: secret,
        WEBHOOK_MAX_REFUSED_PER_MINUTE: String(maxRefusedPerMinute),
        ...env,
        ...mode,
        ...sinkEnvironment(),
      },
      { patienceMs: 60_000 },
    );
    children.push(child);
    const port = await child.ask('port');
    const origin = `http://127.0.0.1:${port}`;
    return {
      port,
      origin,
      url: `${origin}/graphql`,
      wsUrl: `ws://127.0.0.1:${port}/graphql`,
      webhookUrl: `${origin}/webhooks/helpdesk/${sandbox.workspaceId}`,
      secret,
      sandbox,
      process: child,
      credentials,
      expired,
    };
  };

  const tokens = await handOutTokens({
    read: { level: 'READ' },
    write: { level: 'WRITE' },
    admin: { level: 'ADMIN' },
    expired: { level: 'ADMIN', expiresAt: '2026-01-01T00:00:00Z' },
  });
  const issuer = await startIssuer();
  const sign = (level: string, lastsS = 3600) =>
    issuer.sign({ workspace: workspaceId, level, sub: 'mallory' }, { lastsS });
  const [read, write, admin, expired] = await Promise.all([
    sign('READ'),
    sign('WRITE'),
    sign('ADMIN'),
    sign('ADMIN', -60),
  ]);
  tellSecrets([...Object.values(tokens.of), ...Object.values(sandbox.keys), read, write, admin, expired]);
  const held = { HELPDESK_API_KEY: sandbox.keys.admin };
  const [patient, impatient, strict, listed] = await Promise.all([
    start('patient'),
    start('impatient'),
    start(
      'patient',
      { ...held, ...tokens.env, ...strictDocuments },
      { credentials: bearers(tokens.of), expired: tokens.of.expired },
    ),
    start(
      'patient',
      { ...held, ...issuer.env, TRUSTED_DOCUMENTS: 'only', TRUSTED_DOCUMENTS_FILE: manifest },
      { credentials: bearers({ read, write, admin }), expired },
    ),
  ]);
  return {
    ...patient,
    impatient,
    strict,
    listed,
    issuer,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(children.map((child) => child[Symbol.asyncDispose]()));
      await Promise.all([issuer, tokens].map((one) => one[Symbol.asyncDispose]()));
      await sandbox.close();
    },
  };
}

export type Level = 'read' | 'write' | 'admin';

/** The headers of a caller who may ask. */
export const credentials = (
  target: Pick<Target, 'credentials'>,
  level: Level = 'read',
): Record<string, string> => ({ ...target.credentials[level] });

/** The same for `connection_init`. */
export const connectionParams = (target: Target, level?: Level): Record<string, string> =>
  credentials(target, level);
