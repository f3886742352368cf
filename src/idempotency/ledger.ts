import type { ErrorCategory } from '../domain/error-codes.ts';
import type { BackendCall, FieldFault } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import type { Ticket } from '../domain/ticket.ts';

/** A refusal that the same input would meet again, as data: enough to make the same error of it. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly category: ErrorCategory;
  readonly fields: readonly FieldFault[];
  readonly details: Readonly<Record<string, Json>>;
  readonly backend: BackendCall;
}

/** How a write ended that is worth remembering. UNKNOWN: it may have been carried out, and nobody can tell. */
export type Result =
  | { readonly kind: 'CREATED'; readonly ticket: Ticket }
  | { readonly kind: 'REFUSED'; readonly refusal: Refusal }
  | { readonly kind: 'UNKNOWN' };

/** What became of a write. UNDONE: it certainly had no effect, and the same may be tried again. */
export type Fate = Result | { readonly kind: 'UNDONE' };

/** Where a slot stands for whoever comes to it. */
export type Begun =
  /** It was free, and is the caller's now: `claim` is what to settle it with. */
  | { readonly kind: 'STARTED'; readonly claim: string }
  /** Another has it, for the same input, and has not settled it yet. */
  | { readonly kind: 'UNDER_WAY' }
  /** It was taken for another input, whatever became of that. */
  | { readonly kind: 'OTHER_INPUT' }
  | Result;

/**
 * What is known of writes that must happen at most once. Each write has a slot; who gets STARTED may send it, and must
 * settle the slot afterwards. `begin` and `settle` are atomic steps, and everything handed over is plain data, so that
 * processes can share a ledger.
 */
export interface IdempotencyLedger {
  /**
   * Takes the slot if it is free. When this resolves, "started" is stored.
   * @param fingerprint of the input: the same for the same input, and only then
   * @param until milliseconds since the epoch; a claim that is not settled by then counts as UNKNOWN
   * @throws GatewayError if nothing could be stored: nothing may be sent then
   */
  begin(slot: string, fingerprint: string, until: number): Promise<Begun>;
  /**
   * Stores what became of a write. UNDONE frees the slot, CREATED and REFUSED are kept for `replayMs`, UNKNOWN stays.
   * Ignored unless `claim` still has the slot; one that ran out has it until somebody else does. Never rejects: a fate
   * that cannot be stored becomes UNKNOWN when its claim runs out.
   */
  settle(slot: string, claim: string, fate: Fate): Promise<void>;
  /**
   * Resolves once the slot is not under way (any more).
   * @throws the signal's reason
   */
  settled(slot: string, signal: AbortSignal): Promise<void>;
  /** Nothing may be called afterwards. */
  close(): Promise<void>;
}

/** Milliseconds that known results are replayed: two hours. */
export const replayMs = 2 * 3_600_000;
