import type { Page } from '../domain/page.ts';
import type { Ticket } from '../domain/ticket.ts';
import { concerns, newer, stateChange, versionOf, type Change } from './change.ts';
import { affects, listKey, pageKey, shapeOf, unknownAnchor, type ListQuery } from './list-rules.ts';
import { PageEntry, TicketEntry, type Asked, type KeptAnswer } from './entries.ts';
import type { Memory } from './memory.ts';
import { sizeOfPage, sizeOfTicket } from './size.ts';

export interface ScopeOptions {
  readonly memory: Memory;
  /** Whether what was asked then is still to be trusted. */
  readonly trusted: (asked: Asked) => boolean;
  /** A read found a ticket changed of which no event told. */
  readonly observed: (change: Change) => void;
  /** Nothing is kept any more. */
  readonly emptied: () => void;
}

/** What one key has read in one workspace, and how it is to be understood by what became known since. */
export class Scope {
  readonly #options: ScopeOptions;
  readonly #tickets = new Map<string, TicketEntry>();
  readonly #pages = new Map<string, PageEntry>();

  /** When the backend last answered this key, so that it was good; events alone keep tickets right, not keys. null: it never did. */
  #vouched: Asked | null = null;

  constructor(options: ScopeOptions) {
    this.#options = options;
  }

  /** Whether what was asked then may be served: it is young enough, and so is the backend's last word on the key. */
  isTrusted(asked: Asked): boolean {
    const vouched = this.#vouched;
    if (vouched === null) return false;
    // Of two, the older one is trusted for the shorter time.
    return this.#options.trusted(vouched.at < asked.at ? vouched : asked);
  }

  get isEmpty(): boolean {
    return this.#tickets.size + this.#pages.size === 0;
  }

  /** Whatever its age. */
  ticket(id: string): KeptAnswer<Ticket> | null {
    const entry = this.#tickets.get(id);
    if (entry === undefined) return null;
    this.touch(entry);
    return entry;
  }

  /** Whatever its age; null also where one of its tickets is not kept any more. */
  page(query: ListQuery): KeptAnswer<Page<Ticket>> | null {
    const { memory } = this.#options;
    const page = this.#pages.get(pageKey(query));
    if (page === undefined) return null;
    if (page.revision === null) {
      memory.drop(page);
      return null;
    }
    this.touch(page);
    return page;
  }

  /** It was served. @param kept as `ticket` or `page` gave it */
  touch(kept: KeptAnswer<unknown>): void {
    const { memory } = this.#options;
    if (kept instanceof TicketEntry) memory.touch(kept);
    if (!(kept instanceof PageEntry)) return;
    memory.touch(kept);
    for (const row of kept.rows) memory.touch(row);
  }

  /**
   * Keeps a ticket that was read or written, unless a newer one is kept. Of one `updatedAt`, what was asked later
   * counts; what has not been trusted for a while gives way to whatever the backend says now.
   */
  keepTicket(ticket: Ticket, asked: Asked): void {
    this.#vouch(asked);
    const entry = this.#tickets.get(ticket.id);
    if (entry === undefined) {
      this.#put(new TicketEntry(ticket, asked, this.#dropTicket));
      return;
    }
    const [known, told] = [versionOf(entry.ticket), versionOf(ticket)];
    const isLater = asked.seq >= entry.asked.seq;
    const isOlder = told < known;
    if (isOlder && !(isLater && !this.#options.trusted(entry.asked))) return;
    if (!isOlder && !(told > known) && !isLater) return;
    if (isOlder) this.#options.memory.drop(entry);
    else if (told !== known || !sameInLists(entry.ticket, ticket))
      this.#options.observed(stateChange(ticket));
    // What was observed may have dropped it.
    if (!entry.live) this.#put(new TicketEntry(ticket, asked, this.#dropTicket));
    else this.#replace(entry, ticket, asked);
  }

  /** Keeps a page whose tickets were offered to `keepTicket` just now; unless they would not all stay. */
  keepPage(query: ListQuery, { items, nextCursor }: Page<Ticket>, asked: Asked): void {
    this.#vouch(asked);
    const key = pageKey(query);
    const standing = this.#pages.get(key);
    if (standing !== undefined) {
      if (standing.asked.seq > asked.seq) return;
      this.#options.memory.drop(standing);
    }
    const shape = shapeOf(query, items, nextCursor, this.anchorOf(query));
    const rows: TicketEntry[] = [];
    for (const item of items) {
      const row = this.#tickets.get(item.id);
      if (row === undefined) return;
      // What is kept of it is newer: the page may be older than that.
      if (row.ticket !== item && affects(stateChange(row.ticket), shape, item)) return;
      rows.push(row);
    }
    const page = new PageEntry({ key, shape, rows, asked, dropped: this.#dropPage });
    this.#pages.set(key, page);
    this.#options.memory.keep(page, sizeOfPage(key, rows.length));
  }

  /**
   * Brings what is kept up to a change; idempotent. A ticket that is not kept is not taken in: of two states with one
   * `updatedAt` nobody could tell which it is, and not every helpdesk lets every key read what events tell of.
   */
  apply(change: Change): void {
    if (change.kind === 'DEFINITIONS') return;
    const { memory } = this.#options;
    if (change.kind === 'LOST') {
      this.clear();
      return;
    }
    const entry = change.id === null ? undefined : this.#tickets.get(change.id);
    for (const page of this.#pages.values()) {
      const row = entry !== undefined && page.rows.includes(entry) ? entry.ticket : null;
      if (affects(change, page.shape, row)) memory.drop(page);
    }
    if (entry === undefined || !concerns(change, entry.ticket.id)) return;
    const verdict = change.kind === 'STATE' ? newer(entry.ticket, change.ticket) : 'UNCLEAR';
    if (verdict === 'UNCLEAR') memory.drop(entry);
  }

  /** Puts the ticket of a change in the place of an older one, of which `apply` was told. @param asked when it was so, at the latest */
  takeOver(ticket: Ticket, asked: Asked): void {
    const entry = this.#tickets.get(ticket.id);
    if (entry !== undefined && newer(entry.ticket, ticket) === 'TOLD') this.#replace(entry, ticket, asked);
  }

  /** @param before only what was asked before that. @default whatever is kept of it */
  forget(id: string, before: Asked | null = null): void {
    const entry = this.#tickets.get(id);
    if (entry === undefined || (before !== null && entry.asked.seq > before.seq)) return;
    this.#options.memory.drop(entry);
  }

  /** After it was asked for, for something that then was not kept. */
  tidy(): void {
    if (this.isEmpty) this.#options.emptied();
  }

  clear(): void {
    for (const entry of [...this.#pages.values(), ...this.#tickets.values()])
      this.#options.memory.drop(entry);
  }

  /** Where a page begins: the page that leads to it knows. */
  anchorOf(query: ListQuery): number {
    const { cursor } = query.page;
    if (cursor === null) return unknownAnchor(query);
    const list = listKey(query);
    for (const { shape } of this.#pages.values())
      if (shape.nextCursor === cursor && listKey(shape) === list) return shape.last;
    return unknownAnchor(query);
  }

  #vouch(asked: Asked): void {
    if (this.#vouched === null || asked.seq > this.#vouched.seq) this.#vouched = asked;
  }

  #put(entry: TicketEntry): void {
    this.#tickets.set(entry.ticket.id, entry);
    this.#options.memory.keep(entry, sizeOfTicket(entry.ticket));
  }

  #replace(entry: TicketEntry, ticket: Ticket, asked: Asked): void {
    entry.become(ticket);
    const { seq, at } = entry.asked;
    entry.asked = { seq: Math.max(seq, asked.seq), at: Math.max(at, asked.at) };
    this.#options.memory.keep(entry, sizeOfTicket(ticket));
  }

  readonly #dropTicket = (entry: TicketEntry): void => {
    const { id } = entry.ticket;
    if (this.#tickets.get(id) === entry) this.#tickets.delete(id);
    if (this.isEmpty) this.#options.emptied();
  };

  readonly #dropPage = (page: PageEntry): void => {
    if (this.#pages.get(page.key) === page) this.#pages.delete(page.key);
    if (this.isEmpty) this.#options.emptied();
  };
}

const sameInLists = (a: Ticket, b: Ticket): boolean =>
  a.statusRaw === b.statusRaw &&
  a.priority === b.priority &&
  a.assigneeId === b.assigneeId &&
  a.createdAt === b.createdAt;
