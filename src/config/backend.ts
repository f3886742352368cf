import type { Reader } from './reader.ts';
import { customFieldsSetting, helpdeskUrl, wholeNumber } from './values.ts';
import type { WorkspaceConfig } from './workspaces.ts';

/** Where the helpdesk is. */
export interface BackendConfig {
  readonly kind: 'HELPDESK';
  /** `https://…/helpdesk/api/v1`, no slash at the end. */
  readonly url: string;
  /** Requests a minute for each key, until the backend's headers say it themselves. */
  readonly rateLimit: number;
  /** What its PUT does to custom fields that it does not name: keep them, or drop them. */
  readonly customFieldsOnPut: 'merge' | 'replace';
  /** The workspaces that the server acts for or receives events of; none in plain pass-through. */
  readonly workspaces: readonly WorkspaceConfig[];
}

export function readBackend(
  { read, isSet, fault }: Reader,
  workspaces: readonly WorkspaceConfig[],
): BackendConfig | null {
  const url = read('HELPDESK_URL', helpdeskUrl, null);
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
  if (url === null) return null;
  return { kind: 'HELPDESK', url, rateLimit, customFieldsOnPut, workspaces };
}
