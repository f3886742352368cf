import type { IncomingHttpHeaders } from 'node:http';
import type { Json } from '../domain/json.ts';
import type { Level } from './rows.ts';

/** One request as it came in. `status` and `answeredAt` are null while it is under way and if it was cut. */
export interface RecordedRequest {
  readonly method: string;
  /** Below the base URL, decoded, without the query: `/tickets/tkt_abc123`. */
  readonly path: string;
  /** The endpoint it met: `/tickets/:id`; null if none. */
  readonly pattern: string | null;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  /** What a write carried; undefined if nothing, or nothing readable. */
  readonly body: Json | undefined;
  readonly workspaceId: string | null;
  /** null: the key was missing or is not known. */
  readonly keyLevel: Level | null;
  readonly status: number | null;
  /** When it came in, by the given clock; milliseconds since the epoch. */
  readonly at: number;
  readonly answeredAt: number | null;
}

/** A request under way. */
export interface OpenRecord {
  /** What the body said. */
  carried(body: Json): void;
  answered(status: number, at: number): void;
}

export interface Recorder {
  readonly requests: readonly RecordedRequest[];
  begin(request: Omit<RecordedRequest, 'body' | 'status' | 'answeredAt'>): OpenRecord;
  forget(): void;
}

/** @param max requests kept, give or take a quarter */
export function createRecorder(max: number): Recorder {
  const requests: RecordedRequest[] = [];
  return {
    requests,
    begin: (request) => {
      const record: { -readonly [Name in keyof RecordedRequest]: RecordedRequest[Name] } = {
        ...request,
        body: undefined,
        status: null,
        answeredAt: null,
      };
      requests.push(record);
      if (requests.length > max * 1.25) requests.splice(0, requests.length - max);
      return {
        carried: (body) => {
          record.body = body;
        },
        answered: (status, at) => {
          record.status = status;
          record.answeredAt = at;
        },
      };
    },
    forget: () => {
      requests.length = 0;
    },
  };
}
