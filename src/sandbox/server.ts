import type { Buffer } from 'node:buffer';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Clock } from '../domain/clock.ts';
import type { Json } from '../domain/json.ts';
import type { Api } from './api.ts';
import { carryOut, jsonType } from './blows.ts';
import type { Outcome } from './blows.ts';
import { parseJson } from './bodies.ts';
import { errorBody } from './errors.ts';
import type { FaultEngine, Mishap } from './fault-engine.ts';
import { readHead, readText } from './incoming.ts';
import type { Head } from './incoming.ts';
import type { KeyRing } from './keys.ts';
import { transmit, without } from './outgoing.ts';
import type { Transmission } from './outgoing.ts';
import type { OpenRecord, Recorder } from './recorder.ts';

interface Parts {
  readonly api: Api;
  readonly keys: KeyRing;
  readonly faults: FaultEngine;
  readonly recorder: Recorder;
  readonly clock: Clock;
  /** Milliseconds by which every answer is held back. */
  readonly latency: () => number;
  /** The `Date` header of an answer sent now; null: none. */
  readonly date: () => string | null;
}

/** One request on its way through. */
interface Exchange {
  readonly response: ServerResponse;
  readonly head: Head;
  readonly mishap: Mishap;
  readonly record: OpenRecord;
}

const wrongAddress: Transmission = {
  status: 404,
  headers: ['content-type', 'text/html'],
  body: '<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>\n',
  end: 'whole',
};

const tooLong: Transmission = {
  status: 413,
  headers: [...jsonType, 'connection', 'close'],
  body: errorBody('PAYLOAD_TOO_LARGE', 413, 'The body is longer than 1 MiB', null),
  end: 'whole',
};

function rewrite(body: string | Buffer, rewrites: Mishap['rewrites']): string | Buffer {
  let value: Json | undefined = rewrites.length > 0 ? parseJson(String(body)) : undefined;
  if (value === undefined) return body;
  for (const change of rewrites) value = change(value);
  return JSON.stringify(value);
}

/** Sends an outcome, now or when it is time. */
function finish(
  { response, mishap, record }: Exchange,
  outcome: Outcome,
  { clock, latency, date }: Parts,
): void {
  const send = (): void => {
    if (outcome === 'nothing') return;
    if (outcome === 'cut') {
      response.socket?.resetAndDestroy();
      return;
    }
    const day = date();
    const headers = without(
      day === null ? outcome.headers : ['date', day, ...outcome.headers],
      mishap.without,
    );
    const body = outcome.body === null ? null : rewrite(outcome.body, mishap.rewrites);
    record.answered(outcome.status, clock.now());
    transmit(response, { ...outcome, headers, body }, clock);
  };
  const wait = latency() + mishap.latencyMs;
  if (wait > 0) clock.after(wait, send);
  else send();
}

function begin(request: IncomingMessage, response: ServerResponse, head: Head, parts: Parts): Exchange {
  const key = head.key === null ? undefined : parts.keys.get(head.key);
  const { method, path, pattern, workspaceId } = head;
  const record = parts.recorder.begin({
    method,
    path,
    pattern,
    query: Object.fromEntries(head.query),
    headers: request.headers,
    workspaceId,
    keyLevel: key?.level ?? null,
    at: parts.clock.now(),
  });
  return { response, head, record, mishap: parts.faults.befall(head) };
}

/** Speaks HTTP for the API: reads requests, lets faults befall them, writes answers. */
export function createListener(parts: Parts): RequestListener {
  return (request, response) => {
    const head = readHead(request);
    if (!head) {
      transmit(response, wrongAddress, parts.clock);
      return;
    }
    const exchange = begin(request, response, head, parts);
    const { blow } = exchange.mishap;
    if (blow?.kind === 'reset' && blow.when === 'before-reading') {
      request.socket.resetAndDestroy();
      return;
    }
    readText(request, (text) => {
      if (text === null) {
        finish(exchange, tooLong, parts);
        return;
      }
      const body = parseJson(text);
      if (body !== undefined) exchange.record.carried(body);
      const key = head.key === null ? null : (parts.keys.get(head.key) ?? null);
      finish(exchange, carryOut({ ...head, key, body }, blow, parts.api), parts);
    });
  };
}
