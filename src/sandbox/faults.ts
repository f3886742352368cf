import type { Json } from '../domain/json.ts';

/** Which requests a fault befalls. */
export interface FaultTarget {
  /** @default every method */
  readonly method?: string;
  /** Below the base URL: a pattern (`/tickets`, `/tickets/:id`), or a regular expression for the path. @default every path */
  readonly path?: string | RegExp;
  /** Only requests with this key. @default every key */
  readonly key?: string;
  /** Matching requests that pass before the first one is hit. @default 0 */
  readonly skip?: number;
  /** How many requests it hits, then it is gone. @default 1, or without end where `probability` is given */
  readonly times?: number;
  /** Chance of each matching request to be hit (seeded); 0 to 1. @default 1 */
  readonly probability?: number;
}

interface Answered {
  /** Whether the request is carried out first, so that a write is applied and only its answer is lost. @default false */
  readonly applied?: boolean;
  /** Whether the request counts in the key's window and the answer has its headers. @default true for `error` and `empty`, false for what a proxy in front would send */
  readonly counted?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What happens to a request. */
export type FaultEffect =
  /** The answer is held back. */
  | {
      readonly kind: 'latency';
      readonly ms: number;
      /** Up to so much more, at random. @default 0 */ readonly jitterMs?: number;
    }
  /** An error of the API in its own shape. Known codes bring their status. `retryAfter` is in seconds. */
  | ({
      readonly kind: 'error';
      readonly code: string;
      /** @default the code's, else 500 */
      readonly status?: number;
      readonly message?: string;
      readonly details?: Json;
      readonly retryAfter?: number;
    } & Answered)
  /** A body that is no JSON. @default status 502 and a proxy's page */
  | ({
      readonly kind: 'text' | 'html';
      readonly status?: number;
      readonly body?: string;
      readonly retryAfter?: number;
    } & Answered)
  /** A status without a body: an empty 401, a 204 where a body is due. */
  | ({ readonly kind: 'empty'; readonly status: number } & Answered)
  /** @default status 302 */
  | ({ readonly kind: 'redirect'; readonly location: string; readonly status?: number } & Answered)
  /**
   * The connection is reset. `before-reading`: the request's body is not read; `after-reading`: it is, and nothing is done;
   * `after-applying`: it is carried out; `in-body`: half of the answer's body is sent first.
   */
  | {
      readonly kind: 'reset';
      readonly when: 'before-reading' | 'after-reading' | 'after-applying' | 'in-body';
    }
  /** The real answer, whole as HTTP, its JSON cut in the middle. */
  | { readonly kind: 'truncated' }
  /** The real answer's head and half of its body, then silence (`stall`) or blanks for ever (`drip`). */
  | { readonly kind: 'endless'; readonly how?: 'stall' | 'drip' }
  /** No answer at all; the connection stays open. */
  | { readonly kind: 'silence'; /** @default false */ readonly applied?: boolean }
  /** The real answer without these headers (lower case). @default the rate limit's three */
  | { readonly kind: 'missing-headers'; readonly names?: readonly string[] }
  /** The real answer with another body, where it has a JSON body: for values outside the contract. */
  | { readonly kind: 'rewrite'; readonly body: (body: Json) => Json };

export type Fault = FaultTarget & FaultEffect;

/** A fault that was set. */
export interface SetFault {
  /** Requests it has hit so far. */
  readonly hits: number;
  remove(): void;
}

/** Faults on demand. Of several that match a request, the one set first befalls it; latency and missing headers add to others. */
export interface Faults {
  set(fault: Fault): SetFault;
  clear(): void;
}
