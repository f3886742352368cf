import { request, type ClientRequest } from 'node:http';
import { MessageType, parseMessage, stringifyMessage } from 'graphql-ws';
import { WebSocket } from 'ws';
import { feedQuery, type FeedMessage, type FeedResult } from './feed-message.ts';

/** One subscription, across all connections that carried it. */
export interface Subscriber {
  readonly name: string;
  readonly filter: Readonly<Record<string, unknown>>;
  /** Everything it was told, in the order it came, and when; milliseconds since the epoch. */
  readonly received: { readonly message: FeedMessage; readonly at: number }[];
  /** Codes of errors it met; it tried again after each. */
  readonly errors: string[];
  /** Where it goes on: the last cursor that it was told, or a mark since; null: nowhere yet. */
  after: string | null;
}

/** Subscribers on one connection, which is opened again whenever it is cut, at the next gateway each time. */
export interface Connection {
  readonly subscribers: readonly Subscriber[];
  /** Connections there were so far. */
  readonly opened: number;
  /** Until what it returns is called, no connection is opened again. */
  hold(): () => void;
  close(): void;
}

export const createSubscriber = (
  name: string,
  filter: Readonly<Record<string, unknown>>,
  after: string | null = null,
): Subscriber => ({ name, filter, received: [], errors: [], after });

/** Milliseconds before a connection is opened again: at random, so that not all come at once. */
const retryMs = () => 200 + Math.random() * 500;

function take(subscriber: Subscriber, { data, errors }: FeedResult): boolean {
  for (const { extensions, message } of errors ?? []) subscriber.errors.push(extensions?.code ?? message);
  if (!data) return false;
  subscriber.received.push({ message: data.ticketEvents, at: Date.now() });
  subscriber.after = data.ticketEvents.cursor;
  return true;
}

const variablesOf = ({ filter, after }: Subscriber) => ({ filter, ...(after !== null && { after }) });

/** The same loop for both transports. @param open opens one connection and calls back once, when it has ended */
function keepOpen(
  origins: readonly string[],
  subscribers: readonly Subscriber[],
  open: (origin: string, ended: () => void) => () => void,
): Connection {
  let opened = 0;
  let closed = false;
  let leave = (): void => undefined;
  let timer: NodeJS.Timeout | undefined;
  let free = Promise.resolve();
  const begin = (): void => {
    let over = false;
    const origin = origins[opened % origins.length] ?? '';
    opened += 1;
    leave = open(origin, () => {
      if (over || closed) return;
      over = true;
      timer = setTimeout(() => void free.then(() => closed || begin()), retryMs());
    });
  };
  begin();
  return {
    subscribers,
    get opened() {
      return opened;
    },
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      free = promise;
      return resolve;
    },
    close: () => {
      closed = true;
      clearTimeout(timer);
      leave();
    },
  };
}

/** Over WebSocket, in `graphql-transport-ws` and no more of it than is needed: a test has hundreds of these. */
export function subscribeOverSocket(
  origins: readonly string[],
  subscribers: readonly Subscriber[],
): Connection {
  return keepOpen(origins, subscribers, (origin, ended) => {
    const socket = new WebSocket(`${origin.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    /** Those that this socket has answered: its marks do not speak of others. */
    const answered = new Set<Subscriber>();
    const begin = (subscriber: Subscriber, id: number): void => {
      const payload = { query: feedQuery, variables: variablesOf(subscriber) };
      if (socket.readyState === socket.OPEN) {
        socket.send(stringifyMessage({ type: MessageType.Subscribe, id: String(id), payload }));
      }
    };
    const again = (id: string): void => {
      const subscriber = subscribers[Number(id)];
      if (subscriber === undefined) return;
      answered.delete(subscriber);
      setTimeout(begin, retryMs(), subscriber, Number(id));
    };
    socket.on('open', () => {
      socket.send(stringifyMessage({ type: MessageType.ConnectionInit }));
    });
    socket.on('message', (data: Buffer) => {
      const message = parseMessage(data.toString('utf8'));
      if (message.type === MessageType.ConnectionAck) subscribers.forEach(begin);
      else if (message.type === MessageType.Next) {
        const subscriber = subscribers[Number(message.id)];
        if (subscriber !== undefined && take(subscriber, message.payload as FeedResult))
          answered.add(subscriber);
      } else if (message.type === MessageType.Complete) again(message.id);
      else if (message.type === MessageType.Error) {
        const subscriber = subscribers[Number(message.id)];
        if (subscriber !== undefined) take(subscriber, { errors: message.payload });
        again(message.id);
      } else if (message.type === MessageType.Ping) {
        const mark = message.payload?.['lowWaterMark'];
        if (typeof mark === 'string') for (const subscriber of answered) subscriber.after = mark;
        socket.send(stringifyMessage({ type: MessageType.Pong }));
      }
    });
    socket.on('error', ended);
    socket.on('close', ended);
    return () => socket.terminate();
  });
}

/** Over SSE, where `Last-Event-ID` says where it goes on. */
export function subscribeOverSse(origins: readonly string[], subscriber: Subscriber): Connection {
  return keepOpen(origins, [subscriber], (origin, ended) => {
    const headers = {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      ...(subscriber.after !== null && { 'last-event-id': subscriber.after }),
    };
    const sent: ClientRequest = request(
      `${origin}/graphql`,
      { method: 'POST', headers, agent: false },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => {
          const blocks = (text + part).split('\n\n');
          text = blocks.pop() ?? '';
          for (const block of blocks) readBlock(subscriber, block);
        });
        answer.on('error', ended);
        answer.on('close', ended);
      },
    );
    sent.on('error', ended);
    sent.end(JSON.stringify({ query: feedQuery, variables: { filter: subscriber.filter } }));
    return () => sent.destroy();
  });
}

function readBlock(subscriber: Subscriber, block: string): void {
  const fields = new Map(
    block.split('\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trimStart()] as const;
    }),
  );
  const data = fields.get('data') ?? '';
  if (fields.get('event') === 'next' && data !== '') take(subscriber, JSON.parse(data) as FeedResult);
  // After the message, whose cursor it is; alone, it says that nothing up to here is missing.
  const id = fields.get('id');
  if (id !== undefined && id !== '') subscriber.after = id;
}
