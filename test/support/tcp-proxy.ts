import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface TcpProxyOptions {
  /** A port of 127.0.0.1, looked up for each connection: the server may be started after the proxy. */
  readonly target: () => number;
  /**
   * Holds back what goes to clients until there are `bytes` of it, or the first of them has waited `ms` milliseconds.
   * @default it holds nothing back
   */
  readonly hold?: { readonly bytes: number; readonly ms: number };
  /** Milliseconds after which a connection on which nothing went either way is cut. @default it never is */
  readonly idleMs?: number;
  /** Is shown what the server sends, before it is held back. @default nobody looks */
  readonly tap?: (bytes: Buffer) => void;
}

/** Something on the way between clients and a server, of which neither knows. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** Connections that are open now. */
  readonly open: number;
  /** Connections there ever were, refused ones too. */
  readonly attempts: number;
  /** How many were cut because they were idle. */
  readonly idledOut: number;
  /** Bytes on their way to clients that are held back now. */
  readonly held: number;
  /** Cuts every connection; what is held back never arrives. */
  cut(): void;
  /** From now on connections are cut as soon as they are made. */
  refuse(): void;
  /** They are let through again. */
  admit(): void;
}

/** A TCP proxy on a free port of 127.0.0.1. */
export async function startTcpProxy(options: TcpProxyOptions): Promise<TcpProxy> {
  const { target, idleMs } = options;
  const open = new Set<Connection>();
  let admits = true;
  let attempts = 0;
  let idledOut = 0;

  const server = createServer((client) => {
    attempts += 1;
    if (!admits) {
      client.resetAndDestroy();
      return;
    }
    const connection = join(client, connect(target(), '127.0.0.1'), options);
    open.add(connection);
    client.once('close', () => open.delete(connection));
    if (idleMs !== undefined) {
      client.setTimeout(idleMs, () => {
        idledOut += 1;
        connection.cut();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy listens on no port');

  const cut = (): void => {
    for (const connection of open) connection.cut();
  };
  return {
    port: address.port,
    get open() {
      return open.size;
    },
    get attempts() {
      return attempts;
    },
    get idledOut() {
      return idledOut;
    },
    get held() {
      return [...open].reduce((sum, connection) => sum + connection.held, 0);
    },
    cut,
    refuse: () => {
      admits = false;
    },
    admit: () => {
      admits = true;
    },
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
  };
}

interface Connection {
  readonly held: number;
  cut(): void;
}

/** Carries bytes both ways until either side is gone. */
function join(
  client: Socket,
  upstream: Socket,
  { hold, tap }: Pick<TcpProxyOptions, 'hold' | 'tap'>,
): Connection {
  let kept: Buffer[] = [];
  let timer: NodeJS.Timeout | undefined;
  const size = (): number => kept.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (client.writable) client.write(Buffer.concat(kept));
    kept = [];
  };
  const cut = (): void => {
    clearTimeout(timer);
    kept = [];
    client.resetAndDestroy();
    upstream.resetAndDestroy();
  };

  client.setNoDelay(true);
  upstream.setNoDelay(true);
  client.pipe(upstream);
  upstream.on('data', (bytes: Buffer) => {
    tap?.(bytes);
    if (hold === undefined) {
      client.write(bytes);
      return;
    }
    kept.push(bytes);
    if (size() >= hold.bytes) flush();
    else timer ??= setTimeout(flush, hold.ms);
  });
  upstream.once('end', () => {
    flush();
    client.end();
  });
  for (const socket of [client, upstream]) {
    socket.on('error', cut);
    socket.once('close', cut);
  }
  return {
    get held() {
      return size();
    },
    cut,
  };
}
