import type { BackendKind } from '../domain/backend.ts';

/** Where a backend sends the events of a workspace. @param publicUrl without a slash at the end */
export const receiverUrl = (publicUrl: string, kind: BackendKind, workspaceId: string): string =>
  `${publicUrl}/webhooks/${kind.toLowerCase()}/${workspaceId}`;

/** Whether two texts name one receiver: the host’s case, its scheme’s own port and slashes at the end do not count. */
export function sameTarget(one: string, other: string): boolean {
  const normal = normalised(one);
  return normal !== null && normal === normalised(other);
}

function normalised(target: string): string | null {
  const url = URL.parse(target);
  return url && `${url.origin}${url.pathname.replace(/\/+$/, '')}${url.search}`;
}

/** By it people, and the gateway itself, tell what the gateway has made. */
export const webhookName = (targetUrl: string): string => `GraphQL gateway at ${new URL(targetUrl).host}`;
