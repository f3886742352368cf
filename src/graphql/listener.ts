import { GatewayError } from '../domain/errors.ts';
import type { Listener } from '../events/feed/feed.ts';
import type { GatewayContext } from './context.ts';

/**
 * The caller as somebody who wants to know what happens in a workspace. The event log knows no keys, so the first page
 * of tickets, of one row, shows whether this key may read it.
 * @throws GatewayError INVALID_API_KEY where nobody said who they are
 */
export function listenerOf({ caller, operation, freshSession }: GatewayContext): {
  readonly workspaceId: string;
  readonly listener: Listener;
} {
  if (caller === null) throw new GatewayError('INVALID_API_KEY', 'An API key is needed.');
  return {
    workspaceId: caller.workspaceId,
    listener: {
      scope: caller.scope,
      signal: operation.signal,
      probe: (signal) =>
        freshSession(signal).tickets.list({
          filter: {},
          order: { field: 'CREATED_AT', direction: 'DESC' },
          page: { size: 1, cursor: null },
        }),
    },
  };
}
