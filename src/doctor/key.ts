import { randomUUID } from 'node:crypto';
import type { BackendSession } from '../domain/backend.ts';
import { GatewayError } from '../domain/errors.ts';
import { describeError } from '../domain/redact.ts';
import { findingsOf, type Finding } from './finding.ts';

export type Level = 'READ' | 'WRITE' | 'ADMIN';

export interface KeyCheck {
  readonly findings: readonly Finding[];
  /** null: it could not be found out. */
  readonly level: Level | null;
}

export interface KeyCheckOptions {
  /** Acts with the gateway's own key. */
  readonly session: BackendSession;
  readonly workspaceId: string;
  /** The gateway registers its webhook itself, which takes ADMIN. */
  readonly registers: boolean;
}

/** Whether the key is one, for this workspace, and what it may do: three requests at most, none of which changes anything. */
export async function checkKey(options: KeyCheckOptions): Promise<KeyCheck> {
  const { session, workspaceId, registers } = options;
  const { ok, warn, fail } = findingsOf('key');
  const reading = await failureOf(() =>
    session.tickets.list({
      filter: {},
      order: { field: 'CREATED_AT', direction: 'DESC' },
      page: { size: 1, cursor: null },
      onUnreadable: () => undefined,
    }),
  );
  if (reading !== null) return { findings: [unusable(reading, workspaceId)], level: null };
  const level = await levelOf(session);
  if (level === null)
    return {
      findings: [
        warn(
          `is valid for ${workspaceId}; what it may do could not be found out.`,
          'Run this again when the helpdesk answers.',
        ),
      ],
      level,
    };
  const text = `is valid for ${workspaceId}, level ${level}.`;
  if (registers && level !== 'ADMIN')
    return {
      findings: [
        fail(
          text,
          'PUBLIC_URL has the gateway register its webhook, which takes a key of level admin: set one as HELPDESK_API_KEY, or unset PUBLIC_URL and set HELPDESK_WEBHOOK_SECRET.',
        ),
      ],
      level,
    };
  return { findings: [ok(text)], level };
}

const isForbidden = (error: GatewayError): boolean => error.code === 'INSUFFICIENT_API_PERMISSION';

/** Each level includes those below: so the highest is asked for first. null: no telling. */
async function levelOf(session: BackendSession): Promise<Level | null> {
  const administering = await failureOf(() => session.webhooks.list({ size: 1, cursor: null }));
  if (administering === null) return 'ADMIN';
  if (!(administering instanceof GatewayError && isForbidden(administering))) return null;
  // A write that can have no effect: there is no such ticket, and nothing of it would be changed.
  const writing = await failureOf(() => session.tickets.update(`doctor-${randomUUID()}`, {}));
  if (!(writing instanceof GatewayError)) return null;
  if (isForbidden(writing)) return 'READ';
  return writing.category === 'NOT_FOUND' || writing.category === 'INPUT' ? 'WRITE' : null;
}

function unusable(error: unknown, workspaceId: string): Finding {
  const { fail } = findingsOf('key');
  if (!(error instanceof GatewayError))
    return fail(`could not be tried (${describeError(error).message}).`, 'This is a defect of the gateway.');
  if (error.code === 'INVALID_API_KEY')
    return fail(
      'is not known to the helpdesk.',
      'Set HELPDESK_API_KEY (or its apiKey in WORKSPACES_FILE) to a key that was not revoked.',
    );
  if (isForbidden(error) || error.code === 'MISSING_WORKSPACE')
    return fail(
      `may not read tickets of ${workspaceId}.`,
      'Set HELPDESK_WORKSPACE_ID to the workspace that the key belongs to.',
    );
  return fail(
    `could not be tried: ${error.message} (${error.code})`,
    'See whether HELPDESK_URL is the base of the API and can be reached from here.',
  );
}

/** null: it worked. */
async function failureOf(act: () => Promise<unknown>): Promise<unknown> {
  try {
    await act();
    return null;
  } catch (error) {
    return error;
  }
}
