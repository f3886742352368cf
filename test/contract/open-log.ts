import type { Clock } from '../../src/domain/clock.ts';
import type { EventRecord, TicketEvent } from '../../src/domain/event.ts';
import type { EventLog, Retention } from '../../src/events/log/log.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';
import { createNoonClock } from './event-fixtures.ts';

export interface LogSetup {
  readonly clock: Clock;
  readonly retention?: Partial<Retention>;
}

/** Makes an empty log, another one each time. */
export type CreateLog = (setup: LogSetup) => EventLog | Promise<EventLog>;

/** Two workspaces; most tests need one. */
export const a = 'ws_a';
export const b = 'ws_b';

export const hour = 3_600_000;

export const repeated = { result: 'REPEATED' };

export interface OpenLog extends AsyncDisposable {
  readonly log: EventLog;
  readonly clock: VirtualClock;
  /** Takes an event in at the clock's time. @throws on a repeat */
  readonly append: (event: TicketEvent, workspaceId?: string) => Promise<EventRecord>;
  /** The same, whatever comes of it. */
  readonly tell: (event: TicketEvent, workspaceId?: string) => ReturnType<EventLog['append']>;
  readonly records: (workspaceId?: string) => Promise<readonly EventRecord[]>;
}

export async function openLog(create: CreateLog, retention?: Partial<Retention>): Promise<OpenLog> {
  const clock = createNoonClock();
  const log = await create({ clock, ...(retention && { retention }) });
  const tell = (event: TicketEvent, workspaceId = a) =>
    log.append(workspaceId, event, new Date(clock.now()).toISOString());
  return {
    log,
    clock,
    tell,
    append: async (event, workspaceId) => {
      const outcome = await tell(event, workspaceId);
      if (outcome.result !== 'APPENDED') throw new Error(`${event.eventId} is a repeat`);
      return outcome.record;
    },
    records: async (workspaceId = a) => (await log.read(workspaceId, 0, 1_000)).map(({ record }) => record),
    [Symbol.asyncDispose]: () => log.close(),
  };
}
