import { z } from 'zod';
import type { Reader } from './reader.ts';
import { flag, isLoopback } from './values.ts';

/**
 * PASS_THROUGH: whoever asks brings a key. ANONYMOUS: who brings none acts with the server's.
 * A caller's own key wins in both.
 */
export type AuthMode = 'PASS_THROUGH' | 'ANONYMOUS';

const authMode = z
  .enum(['pass-through', 'anonymous'], 'must be pass-through or anonymous')
  .transform((mode): AuthMode => (mode === 'anonymous' ? 'ANONYMOUS' : 'PASS_THROUGH'));

export function readAuthMode({ read, isSet, fault }: Reader, listensOn: string): AuthMode {
  const allowed = read('ALLOW_ANONYMOUS', flag, false);
  const open = allowed || isLoopback(listensOn);
  // The sandbox comes with a key for the server.
  const holdsKey = isSet('HELPDESK_API_KEY') || !isSet('HELPDESK_URL');
  const mode = read('AUTH_MODE', authMode, null) ?? (holdsKey && open ? 'ANONYMOUS' : 'PASS_THROUGH');
  if (mode === 'ANONYMOUS' && !holdsKey) {
    fault('AUTH_MODE', 'anonymous needs a key to act with: set HELPDESK_API_KEY and HELPDESK_WORKSPACE_ID');
  }
  if (mode === 'ANONYMOUS' && !open) {
    fault(
      'AUTH_MODE',
      `anonymous would let everybody who reaches HOST act with the server’s key: set ALLOW_ANONYMOUS=true if that is wanted`,
    );
  }
  return mode;
}
