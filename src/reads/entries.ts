import type { Kept } from '../domain/basis.ts';
import type { Page } from '../domain/page.ts';
import type { Ticket } from '../domain/ticket.ts';
import type { PageShape } from './list-rules.ts';

/** When an answer's request left: it is no older than that. */
export interface Asked {
  /** Grows with time, also within a millisecond. */
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A ticket as one key has seen it, or a page; pages share their tickets. */
export interface KeptAnswer<Answer> {
  readonly asked: Asked;
  /** Grows with each state that a ticket of it takes; null: it, or a ticket of it, is kept no longer. */
  readonly revision: number | null;
  /** Its tickets as they are known now. */
  answer(): Answer;
}

export class TicketEntry implements Kept, KeptAnswer<Ticket> {
  ticket: Ticket;
  asked: Asked;
  live = true;
  #states = 0;
  readonly #dropped: (entry: TicketEntry) => void;

  constructor(ticket: Ticket, asked: Asked, dropped: (entry: TicketEntry) => void) {
    this.ticket = ticket;
    this.asked = asked;
    this.#dropped = dropped;
  }

  get revision(): number | null {
    return this.live ? this.#states : null;
  }

  become(ticket: Ticket): void {
    this.ticket = ticket;
    this.#states += 1;
  }

  answer(): Ticket {
    return this.ticket;
  }

  dropped(): void {
    this.live = false;
    this.#dropped(this);
  }
}

interface PageParts {
  readonly key: string;
  readonly shape: PageShape;
  readonly rows: readonly TicketEntry[];
  readonly asked: Asked;
  readonly dropped: (page: PageEntry) => void;
}

export class PageEntry implements Kept, KeptAnswer<Page<Ticket>> {
  readonly key: string;
  readonly shape: PageShape;
  rows: readonly TicketEntry[];
  readonly asked: Asked;
  live = true;
  readonly #dropped: (page: PageEntry) => void;

  constructor({ key, shape, rows, asked, dropped }: PageParts) {
    this.key = key;
    this.shape = shape;
    this.rows = rows;
    this.asked = asked;
    this.#dropped = dropped;
  }

  get revision(): number | null {
    if (!this.live) return null;
    let sum = 0;
    for (const { revision } of this.rows) {
      if (revision === null) return null;
      sum += revision;
    }
    return sum;
  }

  answer(): Page<Ticket> {
    return { items: this.rows.map(({ ticket }) => ticket), nextCursor: this.shape.nextCursor };
  }

  dropped(): void {
    this.live = false;
    // What rests on it may be kept for longer, but not its tickets.
    this.rows = [];
    this.#dropped(this);
  }
}
