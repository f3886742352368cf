import type { Buffer } from 'node:buffer';
import type { ListSettings } from '../lists.ts';
import type { Level } from '../rows.ts';
import type { Workspace } from '../workspace.ts';

export interface RouteSettings {
  readonly lists: ListSettings;
  readonly systemFields: 'counted' | 'extra';
  readonly customFieldsOnPut: 'merge' | 'replace';
  readonly httpTargets: boolean;
}

/** One request that is allowed and met an endpoint. */
export interface Call {
  readonly workspace: Workspace;
  readonly settings: RouteSettings;
  /** Absolute, without the query. */
  readonly url: string;
  readonly query: URLSearchParams;
  /** `:id` of the path, '' where there is none. */
  readonly id: string;
  /** `:optionId` of the path, '' where there is none. */
  readonly optionId: string;
  /** What the body's JSON says. Throws BAD_REQUEST where there is none. */
  readonly body: () => unknown;
}

export interface Reply {
  readonly status: number;
  /** JSON, as text or in UTF-8; null: none. */
  readonly body: string | Buffer | null;
}

export interface Route {
  readonly level: Level;
  /** Throws `RestError`. */
  readonly answer: (call: Call) => Reply;
}

/** By method. */
export type Routes = Readonly<Record<string, Route>>;

export const ok = (body: Buffer): Reply => ({ status: 200, body });
export const created = (body: string | Buffer): Reply => ({ status: 201, body });
export const noContent: Reply = { status: 204, body: null };
