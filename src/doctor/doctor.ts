import type { BackendSession } from '../domain/backend.ts';
import type { Clock } from '../domain/clock.ts';
import { GatewayError } from '../domain/errors.ts';
import { describeError } from '../domain/redact.ts';
import { checkCallers, type Admittance } from './callers.ts';
import { checkClock } from './clock-skew.ts';
import { findingsOf, lineOf, type Finding } from './finding.ts';
import { checkFolder } from './folder.ts';
import { checkKey } from './key.ts';
import { checkDeliveries, checkListening } from './listening.ts';
import { checkRedis } from './redis.ts';
import { checkWebhooks } from './webhooks.ts';

/** A workspace that the gateway knows. */
export interface KnownWorkspace {
  readonly workspaceId: string;
  /** What the gateway acts with there; null: callers bring their keys. */
  readonly own: {
    readonly apiKey: string;
    /** Acts with that key. */
    readonly session: BackendSession;
  } | null;
  /** Where the helpdesk shall send events; null: PUBLIC_URL is not set. */
  readonly targetUrl: string | null;
  readonly receiverPath: string;
  /** Secrets of webhooks that people have registered are configured. */
  readonly byHand: boolean;
  /** The webhook that the gateways of this store have made. Rejects where the store cannot be read. */
  readonly knownWebhook: () => Promise<string | null>;
}

export interface DoctorOptions {
  readonly host: string;
  readonly port: number;
  /** null: everything is kept elsewhere. */
  readonly redisUrl: string | null;
  readonly dataDir: string | null;
  /** Whoever reaches the gateway acts with its key. */
  readonly anonymous: boolean;
  readonly admittance: Admittance;
  readonly clock: Pick<Clock, 'now'>;
  /** Whether others than programs of this machine reach it. */
  readonly exposed: boolean;
  /** null: the sandbox runs. */
  readonly helpdesk: {
    readonly url: string;
    /** How far clocks may differ for deliveries to be accepted; milliseconds. */
    readonly toleranceMs: number;
    readonly pageSize: number;
    readonly workspaces: readonly KnownWorkspace[];
    /** Requests sent so far. */
    readonly spent: () => number;
  } | null;
  /** What is set and does nothing. */
  readonly warnings: readonly string[];
  /** Tells whoever runs it; a line each. */
  readonly say: (line: string) => void;
}

/**
 * Looks at a deployment from where it runs, and changes nothing.
 * @returns the exit code of the program; 0: nothing fails
 */
export async function examine(options: DoctorOptions): Promise<number> {
  const { helpdesk, say, host, port, redisUrl, dataDir } = options;
  let failed = false;
  const tell = (findings: readonly Finding[]): void => {
    for (const finding of findings) say(lineOf(finding));
    failed ||= findings.some(({ verdict }) => verdict === 'FAIL');
  };
  tell(configuration(options));
  tell(await checkCallers(options.admittance, options.clock.now()));
  const { finding, origin } = await checkListening(host, port);
  tell([finding]);
  if (redisUrl !== null) tell([await checkRedis(redisUrl)]);
  else tell(dataDir === null ? [inMemory(helpdesk === null)] : await checkFolder(dataDir));
  if (helpdesk !== null) {
    tell([await checkClock(helpdesk.url, helpdesk.toleranceMs)]);
    await examineWorkspaces(options, helpdesk, origin, tell);
    const keys = helpdesk.workspaces.filter(({ own }) => own !== null).length;
    say(`REST requests sent with the ${keys > 1 ? `${keys} keys` : 'key'}: ${helpdesk.spent()}.`);
  }
  return failed ? 1 : 0;
}

function configuration({ helpdesk, anonymous, exposed, warnings, host }: DoctorOptions): Finding[] {
  const { ok, warn } = findingsOf('config');
  const findings = [
    ok(helpdesk === null ? 'HELPDESK_URL is not set: the sandbox runs.' : `is for ${helpdesk.url}.`),
    ...warnings.map((warning) => warn(warning, 'Take it out.')),
  ];
  if (anonymous && exposed)
    findings.push(
      warn(`everybody who reaches ${host} acts with the gateway’s key.`, 'Set AUTH_MODE to another mode.'),
    );
  return findings;
}

function inMemory(sandbox: boolean): Finding {
  const { ok, warn } = findingsOf('data');
  const text = 'events are kept in memory: a restart loses them.';
  return sandbox ? ok(text) : warn(text, 'Set DATA_DIR or REDIS_URL.');
}

type Helpdesk = NonNullable<DoctorOptions['helpdesk']>;
type Tell = (findings: readonly Finding[]) => void;

async function examineWorkspaces(
  { admittance }: DoctorOptions,
  { workspaces, pageSize }: Helpdesk,
  origin: string | null,
  tell: Tell,
): Promise<void> {
  if (workspaces.length === 0) {
    tell([findingsOf('key').ok('none is held: callers bring theirs, and those cannot be looked at here.')]);
    return;
  }
  // Where callers show tokens, the running gateway takes no key for one.
  const asked = admittance.by === 'KEYS' ? origin : null;
  for (const workspace of workspaces) {
    const named = (finding: Finding): Finding => ({
      ...finding,
      text: `${workspace.workspaceId}: ${finding.text}`,
    });
    await examineWorkspace(workspace, { pageSize, running: origin !== null, asked }, (findings) =>
      tell(workspaces.length > 1 ? findings.map(named) : findings),
    );
  }
}

interface Surroundings {
  readonly pageSize: number;
  /** Whether a gateway runs here. */
  readonly running: boolean;
  /** Where it tells of its events to whoever has the key; null: nowhere. */
  readonly asked: string | null;
}

async function examineWorkspace(
  workspace: KnownWorkspace,
  surroundings: Surroundings,
  tell: Tell,
): Promise<void> {
  const { workspaceId, own, targetUrl, byHand } = workspace;
  if (own === null) {
    tell([findingsOf('key').ok('none is held: callers bring theirs, and those cannot be looked at here.')]);
    return;
  }
  const { session, apiKey } = own;
  const { findings, level } = await checkKey({ session, workspaceId, registers: targetUrl !== null });
  tell(findings);
  if (level === 'ADMIN') tell(await webhooksOf(workspace, session, surroundings));
  else if (level !== null && byHand)
    tell([
      findingsOf('webhook').warn(
        'cannot be looked at with this key.',
        'Run this once with a key of level admin, or look with the helpdesk whether it is active.',
      ),
    ]);
  const { asked: origin } = surroundings;
  if (level !== null && origin !== null)
    tell([await checkDeliveries({ origin, apiKey, workspaceId, expected: byHand || targetUrl !== null })]);
}

async function webhooksOf(
  { targetUrl, receiverPath, byHand, knownWebhook }: KnownWorkspace,
  session: BackendSession,
  { pageSize, running }: Surroundings,
): Promise<readonly Finding[]> {
  const { warn } = findingsOf('webhook');
  try {
    const knownId = await knownWebhook();
    return await checkWebhooks({ session, pageSize, targetUrl, receiverPath, byHand, running, knownId });
  } catch (error) {
    const why = error instanceof GatewayError ? error.message : describeError(error).message;
    return [warn(`cannot be looked at (${why}).`, 'Mend what fails above, then run this again.')];
  }
}
