import type { Json } from '../domain/json.ts';
import { RestError, errorBody, statusOf } from './errors.ts';
import type { ApiKey } from './keys.ts';
import { option, options } from './routes/options.ts';
import type { Reply, Routes, RouteSettings } from './routes/route.ts';
import { ticketField, ticketFields } from './routes/ticket-fields.ts';
import { ticket, tickets } from './routes/tickets.ts';
import { webhook, webhooks } from './routes/webhooks.ts';
import { levels } from './rows.ts';
import { retryAfterSeconds, windowHeaders } from './window.ts';
import type { RateLimitBehaviour, WindowState } from './window.ts';
import type { Workspace } from './workspace.ts';

/** Every endpoint of the contract, by the pattern of its path. */
const endpoints: Readonly<Record<string, Routes>> = {
  '/tickets': tickets,
  '/tickets/:id': ticket,
  '/ticket_fields': ticketFields,
  '/ticket_fields/:id': ticketField,
  '/ticket_fields/:id/options': options,
  '/ticket_fields/:id/options/:optionId': option,
  '/webhooks': webhooks,
  '/webhooks/:id': webhook,
};

/** A request below the base URL. */
export interface ApiRequest {
  readonly method: string;
  /** Decoded: `/tickets/tkt_abc123` */
  readonly path: string;
  readonly pattern: string | null;
  readonly id: string;
  readonly optionId: string;
  readonly query: URLSearchParams;
  /** null: none was sent. */
  readonly key: ApiKey | null;
  readonly workspaceId: string | null;
  /** undefined: none, or no JSON. */
  readonly body: Json | undefined;
}

/** An answer with the headers that belong to it: name, value, name, value, … */
export interface ApiAnswer extends Reply {
  readonly headers: readonly string[];
}

export interface Api {
  answer(request: ApiRequest): ApiAnswer;
  /** Counts a request that does not reach an endpoint. null: refused; else the window's headers. */
  count(key: ApiKey | null): readonly string[] | null;
  /** The 429. */
  refusal(key: ApiKey | null): ApiAnswer;
}

/** The pattern that a path meets, and the ids in it. */
export function route(path: string): {
  readonly pattern: string | null;
  readonly id: string;
  readonly optionId: string;
} {
  const [, collection = '', id = '', under, optionId = '', ...rest] = path.split('/');
  let pattern = `/${collection}`;
  if (path.startsWith(`${pattern}/`)) pattern += id === '' ? '/' : '/:id';
  if (under !== undefined) pattern += `/${under}`;
  if (optionId !== '') pattern += '/:optionId';
  const known = rest.length === 0 && !path.endsWith('/') && Object.hasOwn(endpoints, pattern);
  return { pattern: known ? pattern : null, id, optionId };
}

const broken: Reply = {
  status: 500,
  body: errorBody('INTERNAL_ERROR', 500, 'Something went wrong on our side', null),
};

const replyOf = (error: RestError): Reply => {
  const status = statusOf[error.code];
  return { status, body: errorBody(error.code, status, error.message, error.details) };
};

interface ApiParts {
  /** undefined: there is none. */
  readonly workspaceOf: (id: string) => Workspace | undefined;
  readonly settings: RouteSettings;
  readonly rateLimit: () => RateLimitBehaviour;
  /** The sandbox's clock, without skew. */
  readonly now: () => number;
  /** Base URL. */
  readonly url: () => string;
}

/** Workspace, endpoint, level, and the endpoint itself. Throws `RestError`. */
function reach(request: ApiRequest, key: ApiKey, { workspaceOf, settings, url }: ApiParts): Reply {
  const { method, pattern, path, query, id, optionId, workspaceId } = request;
  if (workspaceId === null) throw new RestError('MISSING_WORKSPACE', 'X-Workspace-Id is missing');
  const workspace = workspaceOf(key.workspaceId);
  if (!workspace || workspaceId !== key.workspaceId) {
    throw new RestError('INSUFFICIENT_API_PERMISSION', 'The key belongs to another workspace');
  }
  const found = pattern === null ? undefined : endpoints[pattern]?.[method];
  if (!found) throw new RestError('NOT_FOUND', 'There is no such endpoint');
  if (levels.indexOf(key.level) < levels.indexOf(found.level)) {
    const message = `This takes a key of level ${found.level}; the key's is ${key.level}`;
    throw new RestError('INSUFFICIENT_API_PERMISSION', message);
  }
  const body = (): Json => {
    if (request.body === undefined) throw new RestError('BAD_REQUEST', 'The body is not JSON');
    return request.body;
  };
  return found.answer({ workspace, settings, query, id, optionId, body, url: url() + path });
}

/** The rules every request goes through, in this order: key, window, workspace, endpoint, level, endpoint's own. */
export function createApi(parts: ApiParts): Api {
  const { rateLimit, now } = parts;

  /** A key that is not known has no window; its headers are those of an untouched one. */
  const stateOf = (key: ApiKey | null): WindowState => {
    const { limit, windowMs } = rateLimit();
    return key?.window.state(now()) ?? { limit, remaining: limit, resetsAt: now() + windowMs, refused: 0 };
  };
  const headersOf = (key: ApiKey | null): string[] => windowHeaders(stateOf(key), rateLimit());

  const attempt = (request: ApiRequest, key: ApiKey): Reply => {
    try {
      return reach(request, key, parts);
    } catch (error) {
      // What a hostile body can bring about (nesting that overflows the stack) must not take the server down.
      if (!(error instanceof RestError)) return broken;
      if (!rateLimit().countFailed) key.window.giveBack();
      return replyOf(error);
    }
  };
  const refusal = (key: ApiKey | null): ApiAnswer => {
    const reply = replyOf(
      new RestError('RATE_LIMIT_EXCEEDED', 'Too many requests: wait until the window resets'),
    );
    const retryAfter = String(retryAfterSeconds(stateOf(key), now()));
    return { ...reply, headers: [...headersOf(key), 'retry-after', retryAfter] };
  };

  return {
    refusal,
    count: (key) => (key?.window.take(now()) === false ? null : headersOf(key)),
    answer: (request) => {
      const { key } = request;
      if (!key) {
        const reply = replyOf(new RestError('INVALID_API_KEY', 'The API key is missing, invalid or revoked'));
        return { ...reply, headers: headersOf(null) };
      }
      if (!key.window.take(now())) return refusal(key);
      const reply = attempt(request, key);
      return { ...reply, headers: headersOf(key) };
    },
  };
}
