import { createOwnHosts, readHost, type LocalEnd } from './own-hosts.ts';
import { methodNotAllowed, notFound, tooLarge, unsupportedMediaType, type Refusal } from './refusals.ts';

/** A request before its body, however it came. */
export interface RequestHead {
  readonly method: string;
  /** As in the request line: `/graphql?query=…`, or absolute as proxies get it. */
  readonly target: string;
  /** Every `Host` line. */
  readonly hosts: readonly string[];
  /** Looks a header up by its lower-case name. */
  readonly header: (name: string) => string | null;
  /** Where the connection arrived; null: not known. */
  readonly local: LocalEnd | null;
}

export type RouteName = 'graphql' | 'webhook' | 'health' | 'readiness' | 'metrics';

export interface Admitted {
  readonly route: RouteName;
  /** Without the query. */
  readonly path: string;
  /** With the query, never absolute. */
  readonly target: string;
  /** The page's origin, where a page asks and may: its browser must be told. */
  readonly origin: string | null;
  /** It is a browser's question whether it may ask (CORS). */
  readonly preflight: boolean;
}

export type Admission =
  | { readonly admitted: true; readonly request: Admitted }
  | { readonly admitted: false; readonly refusal: Refusal; readonly origin: string | null };

export interface AdmissionRules {
  /** Address it listens on. */
  readonly host: string;
  readonly corsOrigins: readonly string[];
  /** Path segment of the receiver: `/webhooks/<segment>/<workspaceId>`. */
  readonly webhookSegment: string;
  /** Bytes of a body. */
  readonly maxBodyBytes: number;
  /** Whether there are metrics to be read here. @default not */
  readonly metrics?: boolean;
}

interface Route {
  readonly name: RouteName;
  readonly methods: readonly string[];
  /** Whoever may ask for any host: probes come by address, deliveries by a public name, and neither reveals or trusts anything. */
  readonly anyHost: boolean;
}

const routes: Readonly<Record<RouteName, Route>> = {
  graphql: { name: 'graphql', methods: ['GET', 'POST', 'OPTIONS'], anyHost: false },
  webhook: { name: 'webhook', methods: ['POST'], anyHost: true },
  health: { name: 'health', methods: ['GET', 'HEAD'], anyHost: true },
  readiness: { name: 'readiness', methods: ['GET', 'HEAD'], anyHost: true },
  // It has a token of its own, or is not there.
  metrics: { name: 'metrics', methods: ['GET', 'HEAD'], anyHost: true },
};

const invalid = (message: string): Refusal => ({ status: 400, code: 'INVALID_REQUEST', message });

const foreignHost: Refusal = {
  status: 421,
  code: 'HOST_NOT_ALLOWED',
  message:
    'This gateway does not answer to the host that was asked for. If it should, add its origin to CORS_ORIGINS.',
};

const foreignOrigin: Refusal = {
  status: 403,
  code: 'ORIGIN_NOT_ALLOWED',
  message: 'Pages of this origin may not use the gateway. If they should, add it to CORS_ORIGINS.',
};

/** A browser that opens the page itself: it gets GraphiQL, which holds nothing secret. */
export const wantsPage = (method: string, accept: string | null): boolean =>
  method === 'GET' && accept !== null && accept.includes('text/html');

/**
 * Decides from a request's head alone whether it goes any further. Every way in passes here: HTTP, SSE, WebSocket
 * and whatever is answered without GraphQL.
 */
export function createAdmission(rules: AdmissionRules): (head: RequestHead) => Admission {
  const isOwnHost = createOwnHosts(rules);
  const allowedOrigins = new Set(rules.corsOrigins);

  /** Origins compare by host: which scheme a proxy in front speaks is not known here. */
  const isAllowedOrigin = (origin: string, local: LocalEnd | null): boolean => {
    if (allowedOrigins.has(origin)) return true;
    const host = /^https?:\/\/(.+)$/.exec(origin)?.[1];
    const read = host === undefined ? null : readHost(host);
    return read !== null && isOwnHost(read, local);
  };

  return (head) => {
    const line = readTarget(head);
    if (line === null) return refuse(invalid('The request line or its Host header is not valid.'));
    const path = line.target.split('?', 1)[0] ?? '';
    const route = routeOf(path, rules);
    if (route?.anyHost !== true && !isOwnHost(line.host, head.local)) return refuse(foreignHost);

    const origin = head.header('origin');
    if (origin === null ? isForeignEmbed(head) : !isAllowedOrigin(origin, head.local))
      return refuse(foreignOrigin);

    if (!route) return refuse(notFound, origin);
    if (!route.methods.includes(head.method))
      return refuse(methodNotAllowed(route.methods.join(', ')), origin);
    const fault = head.method === 'POST' ? bodyFault(head, rules.maxBodyBytes) : null;
    if (fault) return refuse(fault, origin);
    const preflight = head.method === 'OPTIONS';
    return { admitted: true, request: { route: route.name, path, target: line.target, origin, preflight } };
  };
}

const refuse = (refusal: Refusal, origin: string | null = null): Admission => ({
  admitted: false,
  refusal,
  origin,
});

/** An absolute target's host counts more than the header's (RFC 9112, 3.2.2). null: not valid. */
function readTarget({ target, hosts }: RequestHead): { host: string; target: string } | null {
  const [only, ...others] = hosts;
  const named = only === undefined || others.length > 0 ? null : readHost(only);
  if (named === null) return null;
  if (target.startsWith('/')) return { host: named, target };
  const absolute = /^https?:\/\/([^/?#]+)(\/[^#]*)?$/i.exec(target);
  const host = absolute?.[1] === undefined ? null : readHost(absolute[1]);
  return host === null ? null : { host, target: absolute?.[2] ?? '/' };
}

function routeOf(path: string, { webhookSegment, metrics = false }: AdmissionRules): Route | null {
  if (path === '/graphql') return routes.graphql;
  if (path === '/healthz') return routes.health;
  if (path === '/readyz') return routes.readiness;
  if (path === '/metrics') return metrics ? routes.metrics : null;
  return path.startsWith(`/webhooks/${webhookSegment}/`) ? routes.webhook : null;
}

/**
 * A page elsewhere can load our addresses as an image or script: it reads nothing of it, but it spends the budget.
 * Browsers say so (Fetch Metadata); opening GraphiQL by a link is no harm.
 */
function isForeignEmbed({ method, header }: RequestHead): boolean {
  const site = header('sec-fetch-site');
  if (site !== 'cross-site' && site !== 'same-site') return false;
  return !wantsPage(method, header('accept'));
}

const jsonType = /^application\/json\s*(?:;\s*charset="?utf-?8"?\s*)?$/i;

function bodyFault({ header }: RequestHead, maxBytes: number): Refusal | null {
  if (!jsonType.test(header('content-type') ?? ''))
    return unsupportedMediaType('POST takes application/json in UTF-8.');
  const encoding = header('content-encoding');
  if (encoding !== null && encoding.toLowerCase() !== 'identity') {
    return unsupportedMediaType('The body must not be compressed (no Content-Encoding).');
  }
  const length = header('content-length');
  if (length === null) return null;
  if (!/^\d+$/.test(length)) return invalid('Content-Length is not a number.');
  return Number(length) > maxBytes ? tooLarge(maxBytes) : null;
}
