import type { Registration } from './registration/registration.ts';

/** What the gateway's workspaces have in common: each keeps or follows a webhook of its own. */
export type Registrations = Omit<Registration, 'rotate'>;

/**
 * @param byWorkspace of a workspace that has none, people register the webhook
 * @param configured the secrets of such a workspace
 */
export function combineRegistrations(
  byWorkspace: ReadonlyMap<string, Registration>,
  configured: (workspaceId: string) => readonly string[],
): Registrations {
  const all = [...byWorkspace.values()];
  return {
    start: () => {
      for (const registration of all) registration.start();
    },
    secretsOf: (id) => byWorkspace.get(id)?.secretsOf(id) ?? configured(id),
    refresh: (id) => byWorkspace.get(id)?.refresh(id) ?? Promise.resolve(false),
    heard: (id, channel) => byWorkspace.get(id)?.heard(id, channel),
    registered: (id) => byWorkspace.get(id)?.registered(id) ?? false,
    feeds: (id, webhook) => byWorkspace.get(id)?.feeds(id, webhook) ?? false,
    close: async () => {
      await Promise.all(all.map((registration) => registration.close()));
    },
  };
}
