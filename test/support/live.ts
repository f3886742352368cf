import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { createClient, type Client, type FormattedExecutionResult, type SubscribePayload } from 'graphql-ws';
import { WebSocket } from 'ws';
import { within } from './wait.ts';

/** A subscription that a test reads one message at a time. */
export interface Live<Data> {
  /** Everything that has come so far, read by `next` or not. */
  readonly received: readonly FormattedExecutionResult<Data, unknown>[];
  /** The next result. @throws when the server ends the subscription or nothing comes */
  next(): Promise<FormattedExecutionResult<Data, unknown>>;
  /** Waits until the server has ended the subscription; rejects with what it ended with. */
  ended(): Promise<void>;
  close(): Promise<void>;
}

/** What a client sends beside document and variables. */
export interface RequestExtensions {
  readonly extensions?: Record<string, unknown>;
}

export interface Socket extends AsyncDisposable {
  readonly client: Client;
  subscribe<Data, Variables extends Record<string, unknown>>(
    document: TypedDocumentNode<Data, Variables> | string,
    variables?: Variables,
    request?: RequestExtensions,
  ): Live<Data>;
  close(): Promise<void>;
}

/**
 * One WebSocket spoken to by the real client of `graphql-ws`, which gives up at once where it is refused.
 * @param headers of the request that asks for the socket; a browser's page cannot set any
 */
export function openSocket(
  url: string,
  connectionParams?: Record<string, unknown>,
  headers: Readonly<Record<string, string>> = {},
): Socket {
  const client = createClient({
    url,
    webSocketImpl: class extends WebSocket {
      constructor(address: string, protocol: string) {
        super(address, protocol, { headers });
      }
    },
    retryAttempts: 0,
    lazy: true,
    lazyCloseTimeout: 0,
    ...(connectionParams && { connectionParams }),
  });
  const close = async () => {
    await client.dispose();
  };
  return {
    client,
    subscribe: <Data, Variables extends Record<string, unknown>>(
      document: TypedDocumentNode<Data, Variables> | string,
      variables?: Variables,
      request?: RequestExtensions,
    ) => {
      const query = typeof document === 'string' ? document : print(document);
      return live<Data>(client, { query, variables: variables ?? null, ...request });
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function live<Data>(client: Client, payload: SubscribePayload): Live<Data> {
  const received: FormattedExecutionResult<Data, unknown>[] = [];
  const end = Promise.withResolvers<void>();
  // Nobody may be waiting for the end when it comes.
  end.promise.catch(() => undefined);
  let arrival = Promise.withResolvers<void>();
  let read = 0;
  const leave = client.subscribe<Data>(payload, {
    next: (result) => {
      received.push(result);
      arrival.resolve();
      arrival = Promise.withResolvers();
    },
    error: end.reject,
    complete: end.resolve,
  });
  const next = async (): Promise<FormattedExecutionResult<Data, unknown>> => {
    const arrived = arrival.promise;
    const result = received[read];
    if (result !== undefined) {
      read += 1;
      return result;
    }
    const ended = end.promise.then(() => Promise.reject(new Error('the subscription has ended')));
    await within('subscription message', Promise.race([arrived, ended]));
    return next();
  };
  return {
    received,
    next,
    ended: () => within('end of the subscription', end.promise),
    close: async () => {
      leave();
      await end.promise;
    },
  };
}
