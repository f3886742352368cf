import type { EventMessage } from './feed.ts';

interface Node<T> {
  readonly item: T;
  readonly message: EventMessage;
  before: Node<T> | null;
  after: Node<T> | null;
}

/** What is known of the waiting messages once the queue has been full; goes when it is empty. */
interface Index<T> {
  /** By ticket: the updates that a later one may take the place of. At most two, one with a ticket and one without. */
  readonly latest: Map<string, readonly Node<T>[]>;
  /** Updates after which a newer one of the same ticket waits. */
  readonly superseded: Set<Node<T>>;
}

/**
 * Messages that wait for somebody slow, in log order. Only when it is full, an update gives way to a later one of the
 * same ticket; what lies between them (created, deleted, in or out of the filter) is never passed over. The later
 * message stays where it is, so cursors only grow. Every call takes the same short time, but for the one pass
 * that follows when the queue is full for the first time since it was empty.
 */
export class MessageQueue<T> {
  readonly #limit: number;
  readonly #messageOf: (item: T) => EventMessage;
  #first: Node<T> | null = null;
  #last: Node<T> | null = null;
  #size = 0;
  #index: Index<T> | null = null;

  /** @param limit messages that wait at most; at least 1 */
  constructor(limit: number, messageOf: (item: T) => EventMessage) {
    this.#limit = limit;
    this.#messageOf = messageOf;
  }

  get size(): number {
    return this.#size;
  }

  /** @returns false: it is full, whatever gives way, and `item` was not taken */
  push(item: T): boolean {
    const message = this.#messageOf(item);
    if (this.#size >= this.#limit) {
      this.#index ??= this.#look();
      const { superseded } = this.#index;
      if (superseded.size === 0 && replaced(this.#index, message).length === 0) return false;
    }
    const node: Node<T> = { item, message, before: this.#last, after: null };
    if (this.#last === null) this.#first = node;
    else this.#last.after = node;
    this.#last = node;
    this.#size += 1;
    if (this.#index !== null) this.#note(this.#index, node);
    return true;
  }

  shift(): T | undefined {
    const node = this.#first;
    if (node === null) return undefined;
    this.#remove(node);
    return node.item;
  }

  clear(): void {
    this.#first = null;
    this.#last = null;
    this.#size = 0;
    this.#index = null;
  }

  #look(): Index<T> {
    const index: Index<T> = { latest: new Map(), superseded: new Set() };
    for (let node = this.#first; node !== null; node = node.after) learn(index, node);
    return index;
  }

  /** More than the limit wait only here, and not for long. */
  #note(index: Index<T>, node: Node<T>): void {
    learn(index, node);
    if (this.#size <= this.#limit) return;
    for (const old of index.superseded) this.#remove(old);
  }

  #remove(node: Node<T>): void {
    if (node.before === null) this.#first = node.after;
    else node.before.after = node.after;
    if (node.after === null) this.#last = node.before;
    else node.after.before = node.before;
    this.#size -= 1;
    if (this.#size === 0) this.#index = null;
    if (this.#index === null) return;
    const { latest, superseded } = this.#index;
    superseded.delete(node);
    const { ticketId } = node.message.record.event;
    const others = latest.get(ticketId)?.filter((other) => other !== node) ?? [];
    if (others.length > 0) latest.set(ticketId, others);
    else latest.delete(ticketId);
  }
}

/** The updates that give way to a later message. */
function replaced<T>({ latest }: Index<T>, { record, matchesFilter }: EventMessage): readonly Node<T>[] {
  const { type, ticketId, ticket } = record.event;
  if (type !== 'TICKET_UPDATED' || record.stale) return [];
  const earlier = latest.get(ticketId) ?? [];
  if (earlier[0]?.message.matchesFilter !== matchesFilter) return [];
  // Who is told only that it changed does not learn from it how.
  return ticket === null ? earlier.filter(({ message }) => message.record.event.ticket === null) : earlier;
}

function learn<T>(index: Index<T>, node: Node<T>): void {
  const { record, matchesFilter } = node.message;
  const { type, ticketId } = record.event;
  if (type === 'TICKET_CREATED' || type === 'TICKET_DELETED') {
    index.latest.delete(ticketId);
    return;
  }
  // It tells nothing of how the ticket is now.
  if (record.stale) return;
  const earlier = index.latest.get(ticketId) ?? [];
  const same = earlier[0]?.message.matchesFilter === matchesFilter;
  if (type === 'TICKET_UPDATED') {
    const given = replaced(index, node.message);
    for (const old of given) index.superseded.add(old);
    const staying = same ? earlier.filter((old) => !given.includes(old)) : [];
    index.latest.set(ticketId, [...staying, node]);
  } else if (!same) {
    index.latest.delete(ticketId);
  }
}
