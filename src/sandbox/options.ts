import type { Clock } from '../domain/clock.ts';
import type { DeliveryBehaviour } from './deliveries.ts';
import type { RateLimitBehaviour } from './window.ts';

/**
 * How lists speak. The vendor's pages disagree; this picks a side.
 * `resource`: as the resource pages say: `page_size` (tickets: 25, at most 100) and `after`,
 * `meta { pageSize, hasMore }`, the next cursor only inside `links.next` as `after`.
 * `pagination`: as the pagination page says: `page[size]` (100, at most 200) and `page[after]`,
 * `meta { hasMore, afterCursor }`, `links.next` with `page[after]`.
 */
export type ListDialect = 'resource' | 'pagination';

export interface SandboxOptions {
  /** Port on 127.0.0.1; 0 takes a free one. @default 0 */
  readonly port?: number;
  /** All data, ids, keys and secrets come of it: the same seed, the same sandbox. @default 1 */
  readonly seed?: number;
  /** Time for windows, timestamps, latency, agents and retries of deliveries. @default the machine's */
  readonly clock?: Clock;
  /** When the newest seeded ticket was changed, at the latest; milliseconds since the epoch. @default the clock's time at start */
  readonly dataUntil?: number;
  /** Tickets in each workspace at the start. @default 500 */
  readonly tickets?: number;
  /** Custom fields that each seeded ticket carries; 0 to 12. @default 12 */
  readonly customFieldsPerTicket?: number;
  /** Workspaces, each with data and keys of its own; the first is the one the handle speaks for. @default ['ws_sandbox', 'ws_other'] */
  readonly workspaces?: readonly [string, ...string[]];
  /** The window of each key. @default 400 requests in 60 s, see `RateLimitBehaviour` */
  readonly rateLimit?: Partial<RateLimitBehaviour>;
  /** Every answer is held back so many milliseconds. @default 0 */
  readonly latencyMs?: number;
  /** How replies of lists look, and what their limits are where the request does not choose. @default 'resource' */
  readonly listDialect?: ListDialect;
  /** `both`: either spelling of size and cursor is read; `own`: only the dialect's, the other is ignored as an unknown parameter. @default 'both' */
  readonly listParameters?: 'both' | 'own';
  /**
   * `counted`: system fields are the first rows of the list and count as rows of the page.
   * `extra`: the first page has all of them on top of `page_size` custom ones.
   * @default 'counted'
   */
  readonly systemFields?: 'counted' | 'extra';
  /** What a PUT of `customFields` does with those it does not name: `merge` keeps, `replace` drops them. @default 'merge' */
  readonly customFieldsOnPut?: 'merge' | 'replace';
  /** Whether `POST /webhooks` takes `http://` targets on loopback too. The handle's `webhooks.register` always does. @default false */
  readonly httpTargets?: boolean;
  /** @default see `DeliveryBehaviour` */
  readonly deliveries?: Partial<DeliveryBehaviour>;
  /** Simulated agents at work from the start; true: with the default pace. @default false */
  readonly agents?: boolean | { readonly everyMs: number };
  /** Requests kept in the handle's `requests`; older ones are forgotten. @default 20,000 */
  readonly maxRecordedRequests?: number;
}
