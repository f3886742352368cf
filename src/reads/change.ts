import type { EventRecord } from '../domain/event.ts';
import type { Ticket } from '../domain/ticket.ts';
import { stateDigest } from '../events/log/change.ts';

/** What has become known of a workspace, as far as it bears on answers that were read before. */
export type Change =
  | {
      readonly kind: 'STATE';
      readonly id: string;
      readonly ticket: Ticket;
      /** Its `updatedAt`; milliseconds since the epoch. */
      readonly version: number;
    }
  /** It was deleted. */
  | { readonly kind: 'GONE'; readonly id: string }
  /** It changed, or may have; how is not known. null: some ticket, perhaps one that nobody has seen. */
  | { readonly kind: 'UNCLEAR'; readonly id: string | null }
  /** Events were lost: anything may have happened to any ticket. */
  | { readonly kind: 'LOST' }
  /** A ticket field or one of its options was written. */
  | { readonly kind: 'DEFINITIONS' };

/** A change, and when it became known: numbers grow with time. */
export interface Note {
  readonly seq: number;
  readonly change: Change;
}

/** Milliseconds since the epoch; NaN for what is no time. */
export const versionOf = ({ updatedAt }: Pick<Ticket, 'updatedAt'>): number => Date.parse(updatedAt);

export function stateChange(ticket: Ticket): Change {
  const version = versionOf(ticket);
  const { id } = ticket;
  return Number.isNaN(version) ? { kind: 'UNCLEAR', id } : { kind: 'STATE', id, ticket, version };
}

/** null: it changed nothing, newer things are known. */
export function changeTold({ event, stale }: EventRecord): Change | null {
  if (stale) return null;
  const { type, ticketId, ticket } = event;
  if (type === 'TICKET_DELETED') return { kind: 'GONE', id: ticketId };
  return ticket === null ? { kind: 'UNCLEAR', id: ticketId } : stateChange(ticket);
}

export const concerns = (change: Change, id: string): boolean => {
  switch (change.kind) {
    case 'LOST':
      return true;
    case 'DEFINITIONS':
      return false;
    default:
      return change.id === id;
  }
};

/**
 * What is to be believed of a ticket, known in one state and told of in another. UNCLEAR: one `updatedAt`, two
 * different tickets; or times that cannot be read; or a message that leaves out what the ticket was known to have.
 */
export function newer(known: Ticket, told: Ticket): 'KNOWN' | 'TOLD' | 'UNCLEAR' {
  const [mine, other] = [versionOf(known), versionOf(told)];
  if (mine > other) return 'KNOWN';
  // What a delivery carries is not documented: one without any custom fields may only not mention them.
  if (other > mine)
    return told.customFields.length === 0 && known.customFields.length > 0 ? 'UNCLEAR' : 'TOLD';
  return mine === other && stateDigest(known) === stateDigest(told) ? 'KNOWN' : 'UNCLEAR';
}

/** undefined: what is right cannot be told; null: it does not exist. */
export type Believed = Ticket | null | undefined;

/** What an answer comes to in the light of what became known since its request left. */
export function inTheLightOf(notes: readonly Note[], id: string, answer: Ticket | null): Believed {
  let believed: Believed = answer;
  for (const { change } of notes) {
    if (!concerns(change, id)) continue;
    if (change.kind === 'GONE') believed = null;
    else if (change.kind === 'STATE' && believed) {
      const verdict = newer(believed, change.ticket);
      if (verdict !== 'KNOWN') believed = verdict === 'TOLD' ? change.ticket : undefined;
    } else return undefined;
    if (believed === undefined) return undefined;
  }
  return believed;
}
