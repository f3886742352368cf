import { GatewayError } from '../../domain/errors.ts';
import type { EventRecord, TicketEvent } from '../../domain/event.ts';
import { changeOf, isToldOtherwise } from './change.ts';
import { encodeCursor, recordDigest } from './cursor.ts';
import type { AppendResult } from './log.ts';
import { decodeKnown, encodeState } from './redis-known-ticket.ts';
import type { LogCommands } from './redis-log-commands.ts';
import type { LogKeys } from './redis-log-keys.ts';
import { encodeRecord } from './stored-record.ts';
import { afterRepeat, alreadyKnown, judge, type TicketState } from './ticket-state.ts';

export interface AppenderOptions {
  readonly commands: LogCommands;
  readonly keys: LogKeys;
  /** Called once an event was appended. `more`: there is something left to trim. */
  readonly appended: (workspaceId: string, what: { readonly epoch: string; readonly more: boolean }) => void;
}

/** What an event is judged by. */
interface Ground {
  readonly ticket: string;
  readonly channel: string;
  readonly known: TicketState | null;
}

const nothing: Ground = { ticket: '', channel: '', known: null };

/** Each time another gateway was faster, so so many of them would have to be at one ticket. */
const maxAttempts = 50;

/**
 * Appends events. It is the rules of `ticket-state.ts` that judge them, here; the script takes an event only if what it
 * was judged by is still so, else it is judged again. The first judgement is on the guess that nothing is known.
 */
export function createAppender({ commands, keys, appended }: AppenderOptions) {
  const inTurn = createTurns();

  async function append(workspaceId: string, event: TicketEvent, receivedAt: string): Promise<AppendResult> {
    const of = keys.ofWorkspace(workspaceId);
    let ground = nothing;
    for (let count = 0; count < maxAttempts; count++) {
      const { attempt, contested, recordAt } = prepare(workspaceId, event, receivedAt, ground);
      const reply = await commands.append(of, attempt);
      if (reply.kind === 'REPEATED') return { result: 'REPEATED' };
      if (reply.kind === 'APPENDED') {
        appended(workspaceId, reply);
        return { result: 'APPENDED', record: recordAt(reply.epoch, reply.position), contested };
      }
      const { ticket, channel, base } = reply;
      ground = { ticket, channel, known: decodeKnown(ticket, base) };
    }
    throw new GatewayError('EVENT_LOG_UNAVAILABLE', 'Too many gateways write of one ticket at once.');
  }

  return (workspaceId: string, event: TicketEvent, receivedAt: string): Promise<AppendResult> =>
    // Among themselves the events of one ticket would only refuse each other.
    inTurn(JSON.stringify([workspaceId, event.ticketId]), () => append(workspaceId, event, receivedAt));
}

function prepare(workspaceId: string, event: TicketEvent, receivedAt: string, ground: Ground) {
  const { eventId, ticketId, channel, source } = event;
  const { known } = ground;
  const now = Date.parse(receivedAt);
  const repeated =
    isToldOtherwise(event, ground.channel === '' ? null : ground.channel) || alreadyKnown(event, known, now);
  const judgement = judge(event, known, now);
  const { stale, contested, before, after } = judgement;
  const state = repeated && known !== null ? afterRepeat(event, known, now) : judgement.state;
  const record: EventRecord = { cursor: '', event, receivedAt, stale, before, after };
  const attempt = {
    eventId,
    ticketId,
    channel,
    change: changeOf(event) ?? '',
    receivedAt,
    webhook: source === 'WEBHOOK',
    expected: { ticket: ground.ticket, channel: ground.channel },
    repeated,
    unchanged: state !== null && state === known,
    state: state === null ? '' : encodeState(state),
    record: encodeRecord(record),
    workspaceId,
  };
  const recordAt = (epoch: string, position: number): EventRecord => {
    const digest = recordDigest(workspaceId, position, { eventId, receivedAt });
    return { ...record, cursor: encodeCursor({ epoch, position, digest }) };
  };
  return { attempt, contested, recordAt };
}

/** Does one thing after the other for each name; different names do not wait for each other. */
function createTurns() {
  const last = new Map<string, Promise<unknown>>();
  return <T>(name: string, step: () => Promise<T>): Promise<T> => {
    const turn = (last.get(name) ?? Promise.resolve()).then(step, step);
    last.set(name, turn);
    const end = (): void => {
      if (last.get(name) === turn) last.delete(name);
    };
    turn.then(end, end);
    return turn;
  };
}
