import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Log } from '../domain/log.ts';
import { describeError } from '../domain/redact.ts';
import type { Telemetry } from '../domain/telemetry.ts';
import type { Admission, RequestHead } from './admission.ts';
import { refuse, type Answer } from './answers.ts';
import { readNodeBody, readWebBody } from './body.ts';
import { clientOf } from './client.ts';
import type { GraphQLOverHttp } from './graphql-over-http.ts';
import { takesParts } from './incremental/accept.ts';
import {
  cutAfterAnswer,
  headOf,
  newConnection,
  peerOf,
  send,
  sendFlat,
  sendRaw,
  signalOf,
} from './node-binding.ts';
import type { LocalEnd } from './own-hosts.ts';
import { failed, notFound, type Refusal } from './refusals.ts';
import type { RequestContext } from './request-context.ts';
import { createRoutes, type Incoming, type RoutesOptions } from './routes.ts';
import { isForGraphQL, type Found, type Shortcut, type ToExecute } from './shortcut.ts';
import type { Sockets } from './sockets/sockets.ts';
import { createStreamResumption } from './stream-resumption.ts';
import { requestIdHeader, traceOf } from './trace.ts';

export interface HandlerOptions extends RoutesOptions {
  readonly admit: (head: RequestHead) => Admission;
  readonly shortcut: Shortcut;
  readonly graphql: GraphQLOverHttp;
  readonly sockets: Sockets;
  /** Told of each request that is refused before it is looked into. @default nobody is */
  readonly refused?: Telemetry['refused'] | undefined;
  /** Whether new sockets are welcome. */
  readonly isOpen: () => boolean;
}

/** What a host that is not node:http knows of a connection. */
export interface FetchInfo {
  /** Where it arrived: a request that names this address as its host is the gateway's own. */
  readonly local?: LocalEnd;
  /** Where it came from; without it every request is a client of its own when calls must wait. */
  readonly remoteAddress?: string;
}

/** What every way in shares: admission, then a route of its own or GraphQL. */
interface Front {
  readonly admit: HandlerOptions['admit'];
  readonly shortcut: Shortcut;
  /** What is not for GraphQL. */
  readonly answer: (incoming: Incoming) => Promise<Answer>;
  readonly contextOf: (incoming: Incoming, toExecute: ToExecute) => RequestContext;
  readonly maxBodyBytes: number;
}

export function createHandler(options: HandlerOptions) {
  const { shortcut, addressOf, graphql, sockets, isOpen, maxBodyBytes } = options;
  const admit = telling(options);
  const contextOf = (
    { head, admitted, peer, signal }: Incoming,
    { identity, readBody, draft }: ToExecute,
  ): RequestContext => {
    const trace = traceOf(head.header('traceparent'), head.header('tracestate'));
    const source: RequestContext['source'] = {
      identity,
      client: clientOf(head.header, addressOf(peer, head.header('x-forwarded-for')), identity.caller),
      signal,
      traceId: trace.traceId,
      trace,
      header: head.header,
      resumption: createStreamResumption(head.header('last-event-id') || null),
      streams: acceptsStream(head.header('accept')),
      parts: takesParts(head.header('accept')),
      ...(draft && { draft }),
      began: () => undefined,
    };
    return { source, search: queryOf(admitted.target), readBody };
  };
  const front: Front = { admit, shortcut, answer: createRoutes(options), contextOf, maxBodyBytes };
  return {
    handle: guarded(createNodeHandler(front, graphql), options.log),
    fetch: createFetchHandler(front, graphql),
    upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
      const requested = headOf(request);
      const admission = admit(requested);
      if (!admission.admitted) sendRaw(socket, refuse(admission.refusal));
      else if (admission.request.route !== 'graphql') sendRaw(socket, refuse(notFound));
      else if (!isOpen()) sendRaw(socket, refuse(draining));
      else {
        const address = addressOf(peerOf(request.socket), requested.header('x-forwarded-for'));
        sockets.accept(request, socket, head, address);
      }
    },
  };
}

/** Admission, of which whoever watches is told where it refuses. */
const telling =
  ({ admit, refused }: Pick<HandlerOptions, 'admit' | 'refused'>): HandlerOptions['admit'] =>
  (head) => {
    const admission = admit(head);
    if (!admission.admitted) refused?.(admission.refusal.code);
    return admission;
  };

export type HttpHandler = ReturnType<typeof createHandler>;

function createNodeHandler(
  { admit, shortcut, answer, contextOf, maxBodyBytes }: Front,
  graphql: GraphQLOverHttp,
) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const head = headOf(request);
    const admission = admit(head);
    const common = commonHeaders(admission);
    const readBody = (): Promise<Buffer> => readNodeBody(request, maxBodyBytes);
    const toExecute =
      admission.admitted && isForGraphQL(admission.request, head)
        ? await shortcut({ head, admitted: admission.request, readBody })
        : null;
    if (toExecute !== null && 'body' in toExecute) {
      // The body of a GET was not read.
      if (!request.complete) cutAfterAnswer(request, response);
      sendFlat(response, common.concat(toExecute.headers), toExecute.body);
      return;
    }
    cutAfterAnswer(request, response);
    for (let at = 0; at < common.length; at += 2) response.setHeader(common[at] ?? '', common[at + 1] ?? '');
    if (!admission.admitted) {
      send(response, refuse(admission.refusal));
      return;
    }
    const incoming: Incoming = {
      head,
      admitted: admission.request,
      readBody,
      peer: peerOf(request.socket),
      signal: signalOf(response),
    };
    if (toExecute === null) {
      const direct = await answer(incoming);
      send(response, head.method === 'HEAD' ? { ...direct, body: null } : direct);
      return;
    }
    // Yoga puts the Host before it, so an absolute one would not do.
    request.url = admission.request.target;
    const context = contextOf(incoming, toExecute);
    response.setHeader(requestIdHeader, context.source.traceId);
    await graphql.handle(request, response, context);
  };
}

type NodeHandler = ReturnType<typeof createNodeHandler>;

/** A rejection here would end the process, and everybody's requests with it. */
const guarded =
  (handle: NodeHandler, log: Log): NodeHandler =>
  async (request, response) => {
    try {
      await handle(request, response);
    } catch (error) {
      log.error({ error: describeError(error) }, 'request failed');
      if (response.headersSent) response.destroy();
      else send(response, refuse(failed));
    }
  };

function createFetchHandler(
  { admit, shortcut, answer, contextOf, maxBodyBytes }: Front,
  graphql: GraphQLOverHttp,
) {
  const respond = async (request: Request, incoming: Incoming): Promise<Response> => {
    if (!isForGraphQL(incoming.admitted, incoming.head)) return responseOf(await answer(incoming));
    const toExecute = await shortcut(incoming);
    if ('body' in toExecute) return responseOfBytes(toExecute);
    const context = contextOf(incoming, toExecute);
    const response = await graphql.fetch(request, context);
    response.headers.set(requestIdHeader, context.source.traceId);
    return response;
  };
  return async (request: Request, info: FetchInfo = {}): Promise<Response> => {
    const head = headOfRequest(request, info);
    const admission = admit(head);
    const response = admission.admitted
      ? await respond(request, {
          head,
          admitted: admission.request,
          readBody: () => readWebBody(request, maxBodyBytes),
          peer: { address: info.remoteAddress ?? null, connection: newConnection() },
          signal: request.signal,
        })
      : responseOf(refuse(admission.refusal));
    const common = commonHeaders(admission);
    for (let at = 0; at < common.length; at += 2) {
      const name = common[at] ?? '';
      if (!response.headers.has(name)) response.headers.set(name, common[at + 1] ?? '');
    }
    return response;
  };
}

function headOfRequest(
  request: Request,
  { local = null }: { readonly local?: LocalEnd | null },
): RequestHead {
  const { host, pathname, search } = new URL(request.url);
  return {
    method: request.method,
    target: `${pathname}${search}`,
    hosts: [request.headers.get('host') ?? host],
    header: (name) => request.headers.get(name),
    local,
  };
}

const responseOf = ({ status, headers, body }: Answer): Response =>
  new Response(typeof body === 'string' || body === null ? body : Uint8Array.from(body), { status, headers });

function responseOfBytes({ headers, body }: Found): Response {
  const response = new Response(Buffer.from(body, 'latin1'));
  for (let at = 0; at < headers.length; at += 2)
    response.headers.set(headers[at] ?? '', headers[at + 1] ?? '');
  return response;
}

/** Headers of every answer, name and value in turns. Where a page asks, its browser wants to know whether it may read the answer. */
function commonHeaders(admission: Admission): readonly string[] {
  const origin = admission.admitted ? admission.request.origin : admission.origin;
  if (origin === null) return usual;
  return [
    ...usual,
    'access-control-allow-origin',
    origin,
    'access-control-expose-headers',
    requestIdHeader,
    'vary',
    'Origin',
  ];
}

const usual = ['x-content-type-options', 'nosniff', 'cache-control', 'no-store'] as const;

const acceptsStream = (accept: string | null): boolean =>
  accept === null || accept.includes('text/event-stream') || accept.includes('*/*');

const queryOf = (target: string): string => {
  const mark = target.indexOf('?');
  return mark < 0 ? '' : target.slice(mark + 1);
};

const draining: Refusal = { status: 503, code: 'UNAVAILABLE', message: 'The gateway is going down.' };
