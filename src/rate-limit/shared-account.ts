/**
 * Where one process gets the calls it may send on one key: steps of the state that all processes share, or, while the
 * store is lost, its own share.
 *
 * Steps are taken one after the other: what comes up while one is under way goes with the next, so calls are allowed
 * and settled in batches, as large as the demand makes them. A step that finds the state changed by another process
 * is reckoned anew on what it found.
 *
 * When the store is lost, each process keeps what it was allowed already, and gets nothing else until the window that
 * ran is over for certain; from then on it follows the backend's windows by itself, within floor(limit / processes).
 * When the store is back, what was sent meanwhile is added to the common window. If the store came back empty, the
 * first process to come begins the state anew, and nothing is sent until the window in which it was lost is over.
 *
 * Assumptions, beside those of `window.ts`: a step is taken by the store once or not at all; the store's clock does not
 * jump; no call lasts longer than `LAPSE_MS`. Where two processes are cut off from each other and one still reaches
 * the store, it leaves the other its share for two minutes; after that the backend may refuse calls.
 */
import type { Log } from '../domain/log.ts';
import type { PermitOutcome } from './limiter.ts';
import type { PresenceKeeper } from './presence.ts';
import {
  adopt,
  allowApart,
  type Book,
  createBook,
  depart,
  found,
  look,
  type Look,
  type Plan,
  planned,
  settle,
} from './shared-book.ts';
import { serialize, tagOf } from './shared-state.ts';
import type { Demand, Grant } from './shared-steps.ts';
import type { SharedStore, SwapResult } from './shared-store.ts';

export interface SharedAccountOptions {
  readonly keyId: string;
  /** Names this process among all. */
  readonly instance: string;
  readonly defaultLimit: number;
  readonly windowMs: number;
  readonly store: SharedStore;
  readonly presence: PresenceKeeper;
  readonly log: Log;
}

export interface AccountOwner {
  demand(): Demand;
  /** Sends a call. false: none waits any more. */
  send(grant: Grant): boolean;
  /** Steps have been taken; maybe nothing has changed. */
  stepped(): void;
}

export interface SharedAccount {
  /** Allows calls that wait, where that is possible. @param anew looks at the store even where nothing seems to be */
  serve(anew: boolean): void;
  settle(id: string, outcome: PermitOutcome): void;
  /** The store was lost or found. */
  turned(): void;
  /** null: nothing is known yet. */
  look(now: number): Look | null;
  /** Whether this process spends its own share, cut off from the others. */
  readonly apart: boolean;
  /** Whether something is still to be told to the store. */
  readonly busy: boolean;
}

/** Steps that others were faster with, in a row. Then other work gets a turn. */
const MOST_TRIES = 30;

interface Account extends SharedAccountOptions {
  readonly owner: AccountOwner;
  readonly book: Book;
  stepping: boolean;
  /** Something came up while a step was under way. */
  again: boolean;
}

export function createSharedAccount(options: SharedAccountOptions, owner: AccountOwner): SharedAccount {
  const { instance, defaultLimit, windowMs, presence } = options;
  const book = createBook(instance, defaultLimit, windowMs);
  const account: Account = { ...options, owner, book, stepping: false, again: false };
  return {
    serve: (anew) => serve(account, anew),
    settle(id, outcome) {
      settle(book, id, outcome, presence.now());
      serve(account, false);
    },
    turned() {
      if (presence.reach === 'LOST' && book.apart === null) depart(book, presence.lostAt, presence.now());
      serve(account, true);
    },
    look: (now) => look(book, presence.instances(), now),
    get apart() {
      return book.apart !== null;
    },
    get busy() {
      return account.stepping || book.settlements.length > 0 || book.held.size > 0;
    },
  };
}

function serve(account: Account, anew: boolean): void {
  const { presence } = account;
  if (presence.reach === 'REACHED') void step(account, anew);
  else if (presence.reach === 'LOST') serveApart(account);
}

function serveApart({ book, presence, owner }: Account): void {
  const now = presence.now();
  if (book.apart === null) depart(book, presence.lostAt, now);
  for (;;) {
    const grant = allowApart(book, owner.demand(), presence.instances(), now);
    if (grant === null) break;
    if (!owner.send(grant)) settle(book, grant.id, { kind: 'NOT_SENT' }, now);
  }
  owner.stepped();
}

/** Takes steps until there is nothing to do; one at a time. */
async function step(account: Account, anew: boolean): Promise<void> {
  const { presence, book } = account;
  if (account.stepping) {
    account.again = true;
    return;
  }
  account.stepping = true;
  try {
    let stale = anew;
    do {
      account.again = false;
      await transact(account, stale);
      stale = false;
      account.owner.stepped();
    } while ((account.again || book.settlements.length > 0) && presence.reach === 'REACHED');
  } catch (error) {
    // Otherwise the store is lost, and `presence` has told everybody.
    if (presence.reach === 'REACHED') {
      account.log.error({ keyId: account.keyId, error: String(error) }, 'a step of a shared budget failed');
    }
    account.owner.stepped();
  } finally {
    account.stepping = false;
  }
}

/** Takes one step, if there is one to take. @param anew asks the store before it says that there is none */
async function transact(account: Account, anew: boolean): Promise<void> {
  const { book, presence, store, keyId, owner } = account;
  let stale = anew;
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    if (!book.known) {
      const { entry } = await presence.ask(() => store.read(keyId));
      found(book, entry, presence.latest());
      stale = false;
    }
    const span = { from: presence.now(), to: presence.latest() };
    const plan = planned(book, owner.demand(), presence.instances(), span);
    if (plan === null) {
      if (!stale) return;
      book.known = false;
      continue;
    }
    const { departures } = book;
    const result = await propose(account, plan);
    // The store was lost meanwhile, and maybe found again: what this step allowed was never used, and goes back.
    if (book.departures !== departures) return;
    if (result.swapped) {
      taken(account, plan);
      return;
    }
    found(book, result.entry, presence.latest());
  }
}

function propose({ book, presence, store, keyId }: Account, { next }: Plan): Promise<SwapResult> {
  const entry = { tag: tagOf(next), state: serialize(next) };
  // A silence that was asked for outlives any idleness.
  const silentMs = Math.max(0, next.window.blockedUntil - next.at);
  const swap = { expected: book.tag, at: next.at, entry, ttlMs: book.keptMs + silentMs };
  return presence.ask(() => store.swap(keyId, swap));
}

function taken({ book, owner, presence }: Account, plan: Plan): void {
  adopt(book, plan);
  for (const grant of plan.grants) {
    if (!owner.send(grant)) settle(book, grant.id, { kind: 'NOT_SENT' }, presence.now());
  }
}
