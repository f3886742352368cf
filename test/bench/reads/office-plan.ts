import type { Habit } from '../schedule.ts';
import type { View } from './operations.ts';

export type AgentKind = 'LIST' | 'OPEN';

/** What each agent does: it polls its view every 5 s and opens a ticket every 10 s. */
export const agentHabits: readonly Habit<AgentKind>[] = [
  { kind: 'LIST', everyMs: 5_000 },
  { kind: 'OPEN', everyMs: 10_000 },
];

const queues = (['new', 'open', 'pending', 'resolved'] as const).flatMap((status) =>
  (['low', 'normal', 'high', 'urgent'] as const).map((priority): View => ({ status, priority })),
);

/**
 * What the agents of one office look at: each at one of these, in turn. A queue for each status and priority, and
 * some that nearly every change reaches.
 */
export const officeViews: readonly View[] = [
  ...queues,
  {},
  { status: 'open' },
  { by: 'updated_at' },
  { status: 'open', by: 'updated_at' },
];
