import type { Clock } from '../domain/clock.ts';
import { createHandle } from './handle.ts';
import type { SandboxWorkspace } from './handle.ts';
import type { KeyRing } from './keys.ts';
import type { Random } from './random.ts';
import type { EventType, Level, TicketRow } from './rows.ts';
import { seed } from './seed.ts';
import { createWorkspace } from './workspace.ts';
import type { Workspace } from './workspace.ts';

interface Place {
  readonly workspace: Workspace;
  readonly handle: SandboxWorkspace;
}

/** The workspaces of a sandbox. One is filled when it is first looked at: most never are. */
export interface Park {
  /** undefined: there is none of that name. */
  find(id: string): Place | undefined;
  /** Throws if there is none of that name. */
  get(id: string): Place;
  /** Those that were looked at. */
  opened(): readonly Place[];
}

export function createPark(parts: {
  readonly ids: readonly string[];
  readonly keys: KeyRing;
  readonly clock: Clock;
  readonly random: Random;
  /** The server's time; ISO 8601 UTC. */
  readonly time: () => string;
  readonly announce: (workspace: Workspace, type: EventType, ticket: TicketRow) => void;
  readonly data: { readonly until: number; readonly tickets: number; readonly customFieldsPerTicket: number };
}): Park {
  const { ids, keys, clock, time, announce, data } = parts;
  const keysOf = new Map(
    ids.map((id): [string, Readonly<Record<Level, string>>] => [
      id,
      {
        read: keys.create(id, 'read').key,
        write: keys.create(id, 'write').key,
        admin: keys.create(id, 'admin').key,
      },
    ]),
  );
  const places = new Map<string, Place>();

  const open = (id: string, itsKeys: Readonly<Record<Level, string>>): Place => {
    const random = parts.random.fork(id);
    const workspace = createWorkspace({ id, random, time, announce });
    seed(workspace, { random: random.fork('data'), ...data });
    const place = { workspace, handle: createHandle(workspace, itsKeys, clock, random.fork('agents')) };
    places.set(id, place);
    return place;
  };
  const find = (id: string): Place | undefined => {
    const known = places.get(id);
    const itsKeys = keysOf.get(id);
    return known ?? (itsKeys && open(id, itsKeys));
  };

  return {
    find,
    get: (id) => {
      const place = find(id);
      if (!place) throw new Error(`the sandbox has no workspace ${id}`);
      return place;
    },
    opened: () => [...places.values()],
  };
}
