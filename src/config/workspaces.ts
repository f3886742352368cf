import { z } from 'zod';
import type { Reader } from './reader.ts';
import { headerSafe, secrets, webhookSecret, workspaceId } from './values.ts';

/** What one deployment knows of one workspace. */
export interface WorkspaceConfig {
  readonly id: string;
  /** The key that the server holds for it; null: callers bring their own. */
  readonly apiKey: string | null;
  /** Every secret that may have signed a delivery to it, `whsec_…`; none: its receiver answers to nobody. */
  readonly webhookSecrets: readonly string[];
  /** Requests a minute for its key, until the backend's headers say it themselves; null: as for any other key. */
  readonly rateLimit: number | null;
}

/** `{ "workspaces": [{ "id", "apiKey"?, "webhookSecrets"?, "rateLimit"? }] }` */
const workspacesFile = z
  .strictObject({
    workspaces: z
      .array(
        z.strictObject({
          id: workspaceId,
          apiKey: headerSafe(512).nullable().default(null),
          webhookSecrets: z.array(webhookSecret).default([]),
          rateLimit: z
            .int('must be a whole number from 1 to 1000000')
            .min(1, 'must be a whole number from 1 to 1000000')
            .max(1_000_000, 'must be a whole number from 1 to 1000000')
            .nullable()
            .default(null),
        }),
      )
      .min(1, 'must name one workspace at least')
      .refine(areDistinct, 'must name each workspace once'),
  })
  .transform(({ workspaces }): readonly WorkspaceConfig[] => workspaces);

function areDistinct(workspaces: readonly { readonly id: string }[]): boolean {
  return new Set(workspaces.map(({ id }) => id)).size === workspaces.length;
}

/** For one workspace variables do; several come from a file. */
const ofOneWorkspace = ['HELPDESK_API_KEY', 'HELPDESK_WORKSPACE_ID', 'HELPDESK_WEBHOOK_SECRET'] as const;

/** None where the sandbox stands in, or where callers bring their own keys and nobody sends webhooks. */
export function readWorkspaces(reader: Reader): readonly WorkspaceConfig[] {
  const { read, isSet, fault, readFile } = reader;
  const apiKey = read('HELPDESK_API_KEY', headerSafe(512), null);
  const id = read('HELPDESK_WORKSPACE_ID', workspaceId, null);
  const webhookSecrets = read('HELPDESK_WEBHOOK_SECRET', secrets, []);
  const given = ofOneWorkspace.filter(isSet);
  if (isSet('WORKSPACES_FILE')) {
    if (given.length > 0)
      fault('WORKSPACES_FILE', `cannot stand beside ${given.join(', ')}: write that workspace into the file`);
    if (!isSet('HELPDESK_URL'))
      fault('HELPDESK_URL', 'is missing beside WORKSPACES_FILE (the sandbox has one workspace of its own)');
    return readFile('WORKSPACES_FILE', workspacesFile, []);
  }
  if (isSet('HELPDESK_URL')) checkTogether(reader, given);
  return id === null ? [] : [{ id, apiKey, webhookSecrets, rateLimit: null }];
}

function checkTogether({ isSet, fault }: Reader, given: readonly string[]): void {
  const needs = given.filter((name) => name !== 'HELPDESK_WORKSPACE_ID');
  if (needs.length > 0 && !isSet('HELPDESK_WORKSPACE_ID')) {
    fault('HELPDESK_WORKSPACE_ID', `is missing: ${needs.join(' and ')} must belong to one workspace`);
  }
  if (needs.length === 0 && isSet('HELPDESK_WORKSPACE_ID')) {
    fault(
      'HELPDESK_API_KEY',
      'is missing: HELPDESK_WORKSPACE_ID alone does nothing (set the key, or HELPDESK_WEBHOOK_SECRET)',
    );
  }
}

/** Whether the server has a key to act with. A file that has faults is not taken for one without keys. */
export const holdsKey = ({ isSet }: Pick<Reader, 'isSet'>, workspaces: readonly WorkspaceConfig[]): boolean =>
  // The sandbox comes with a key for the server.
  !isSet('HELPDESK_URL') ||
  isSet('HELPDESK_API_KEY') ||
  (isSet('WORKSPACES_FILE') &&
    (workspaces.length === 0 || workspaces.some((workspace) => workspace.apiKey !== null)));
