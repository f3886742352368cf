import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { startChild, type Child } from '../bench/child.ts';
import { newSecret } from '../support/delivery.ts';
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
}

/** What the cases attack. */
export interface Targets extends Target, AsyncDisposable {
  /** Another one like it that soon loses its patience: for what must be ended by time. */
  readonly impatient: Target;
}

/** Refusals of deliveries that one sender has free; more than the cases need that are no flood. */
export const maxRefusedPerMinute = 30;

/** Gateways that hold no key: callers bring theirs. @param env on top of what the suite sets */
export async function startTargets(env: Readonly<Record<string, string>> = {}): Promise<Targets> {
  const sandbox = await startSandbox({ tickets: 60, rateLimit: { limit: 1_000_000 } });
  const children: Child<GatewayAnswers>[] = [];

  const start = async (manner: 'patient' | 'impatient'): Promise<Target> => {
    const secret = newSecret();
    const child = await startChild<GatewayAnswers>('../abuse/gateway-process.ts', [manner], {
      PORT: '0',
      DATA_DIR: 'off',
      // Who sends deliveries is told apart by a proxy's word: cases play several senders.
      TRUST_PROXY: '1',
      HELPDESK_URL: sandbox.url,
      HELPDESK_WORKSPACE_ID: sandbox.workspaceId,
      HELPDESK_WEBHOOK_SECRET: secret,
      WEBHOOK_MAX_REFUSED_PER_MINUTE: String(maxRefusedPerMinute),
      ...env,
    });
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
    };
  };

  const [patient, impatient] = await Promise.all([start('patient'), start('impatient')]);
  return {
    ...patient,
    impatient,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(children.map((child) => child[Symbol.asyncDispose]()));
      await sandbox.close();
    },
  };
}

export type Level = 'read' | 'write' | 'admin';

/** The headers of a caller who may ask. */
export const credentials = ({ sandbox }: Target, level: Level = 'read'): Record<string, string> => ({
  authorization: `Bearer ${sandbox.keys[level]}`,
  'x-workspace-id': sandbox.workspaceId,
});

/** The same for `connection_init`. */
export const connectionParams = (target: Target, level?: Level): Record<string, string> =>
  credentials(target, level);
