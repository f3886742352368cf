import type { Reader } from './reader.ts';
import { customFieldsSetting, headerSafe, helpdeskUrl, secrets, wholeNumber, workspaceId } from './values.ts';

/** What one deployment knows of one workspace. */
export interface WorkspaceConfig {
  readonly id: string;
  /** The key that the server holds for it; null: callers bring their own. */
  readonly apiKey: string | null;
  /** Every secret that may have signed a delivery to it, `whsec_…`; none: its receiver answers to nobody. */
  readonly webhookSecrets: readonly string[];
}

/** Where the helpdesk is. */
export interface BackendConfig {
  readonly kind: 'HELPDESK';
  /** `https://…/helpdesk/api/v1`, no slash at the end. */
  readonly url: string;
  /** Requests a minute for each key, until the backend's headers say it themselves. */
  readonly rateLimit: number;
  /** What its PUT does to custom fields that it does not name: keep them, or drop them. */
  readonly customFieldsOnPut: 'merge' | 'replace';
  /** The workspace that the server acts for or receives events of; null in plain pass-through. */
  readonly workspace: WorkspaceConfig | null;
}

export function readBackend({ read, isSet, fault }: Reader): BackendConfig | null {
  const url = read('HELPDESK_URL', helpdeskUrl, null);
  const apiKey = read('HELPDESK_API_KEY', headerSafe(512), null);
  const id = read('HELPDESK_WORKSPACE_ID', workspaceId, null);
  const webhookSecrets = read('HELPDESK_WEBHOOK_SECRET', secrets, []);
  const rateLimit = read('HELPDESK_RATE_LIMIT', wholeNumber(1, 1_000_000), 400);
  const customFieldsOnPut = read('HELPDESK_CUSTOM_FIELDS_ON_PUT', customFieldsSetting, 'merge');

  const members = [
    'HELPDESK_API_KEY',
    'HELPDESK_WORKSPACE_ID',
    'HELPDESK_WEBHOOK_SECRET',
    'HELPDESK_RATE_LIMIT',
    'HELPDESK_CUSTOM_FIELDS_ON_PUT',
  ];
  const given = members.filter(isSet);
  if (!isSet('HELPDESK_URL')) {
    if (given.length > 0)
      fault('HELPDESK_URL', `is missing beside ${given.join(', ')} (without any of them the sandbox runs)`);
    return null;
  }
  const needs = given.filter((name) => name === 'HELPDESK_API_KEY' || name === 'HELPDESK_WEBHOOK_SECRET');
  if (needs.length > 0 && !isSet('HELPDESK_WORKSPACE_ID')) {
    fault('HELPDESK_WORKSPACE_ID', `is missing: ${needs.join(' and ')} must belong to one workspace`);
  }
  if (needs.length === 0 && isSet('HELPDESK_WORKSPACE_ID')) {
    fault(
      'HELPDESK_API_KEY',
      'is missing: HELPDESK_WORKSPACE_ID alone does nothing (set the key, or HELPDESK_WEBHOOK_SECRET)',
    );
  }
  if (url === null) return null;
  const workspace = id === null ? null : { id, apiKey, webhookSecrets };
  return { kind: 'HELPDESK', url, rateLimit, customFieldsOnPut, workspace };
}
