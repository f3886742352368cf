import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { route } from './api.ts';

/** All endpoints are below it. */
export const basePath = '/helpdesk/api/v1';

/** Longest body that is read; bytes. */
const maxBody = 2 ** 20;

export interface Head {
  readonly method: string;
  /** Below the base path, decoded. */
  readonly path: string;
  readonly pattern: string | null;
  readonly id: string;
  readonly optionId: string;
  readonly query: URLSearchParams;
  /** As it was sent; null: none. */
  readonly key: string | null;
  readonly workspaceId: string | null;
}

const header = (request: IncomingMessage, name: string): string | null => {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : null;
};

/** `Authorization: Bearer <key>`, else `X-API-Key: <key>`. */
const keyOf = (request: IncomingMessage): string | null =>
  /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? header(request, 'x-api-key');

/** A path that does not decode is left as it came; it meets no endpoint. */
function decode(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** What a request says before its body; null: it is not for this API. */
export function readHead(request: IncomingMessage): Head | null {
  const { url = '', method = 'GET' } = request;
  const cut = url.indexOf('?');
  const whole = cut === -1 ? url : url.slice(0, cut);
  if (!whole.startsWith(`${basePath}/`)) return null;
  const path = decode(whole.slice(basePath.length));
  return {
    method,
    path,
    ...route(path),
    query: new URLSearchParams(cut === -1 ? '' : url.slice(cut + 1)),
    key: keyOf(request),
    workspaceId: header(request, 'x-workspace-id'),
  };
}

/** Calls back once with the whole body, or with null if it is too long; never if the client goes away. */
export function readText(request: IncomingMessage, done: (text: string | null) => void): void {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  if (encoding === undefined && (length === undefined || length === '0')) {
    done('');
    return;
  }
  const chunks: Buffer[] = [];
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maxBody) chunks.push(chunk);
  });
  request.on('end', () => {
    done(size <= maxBody ? Buffer.concat(chunks).toString() : null);
  });
}
