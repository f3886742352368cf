import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Webhook } from 'standardwebhooks';

/** One delivery as it came in. */
export interface Received {
  readonly id: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly type: string;
  readonly timestamp: string;
  readonly data: { readonly ticket?: { readonly id: string; readonly subject: string } };
}

export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** Statuses of the next answers; afterwards 204. 0 resets the connection. */
  readonly answers: number[];
}

const listen = async (server: Server): Promise<string> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}/hooks?from=helpdesk`;
};

/** A receiver for the length of one test. */
export const withReceiver = async (onCleanup: (cleanup: () => Promise<void>) => void): Promise<Receiver> => {
  const received: Received[] = [];
  const answers: number[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const { headers } = request;
      const body = JSON.parse(text) as Pick<Received, 'type' | 'timestamp' | 'data'>;
      received.push({ ...body, id: String(headers['webhook-id']), headers, text });
      const status = answers.shift() ?? 204;
      if (status === 0) request.socket.resetAndDestroy();
      else response.writeHead(status).end();
    });
  });
  const url = await listen(server);
  onCleanup(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return { url, received, answers };
};

/** Throws unless the delivery was signed with the secret. */
export const verify = ({ text, headers }: Received, secret: string): unknown =>
  new Webhook(secret).verify(text, {
    'webhook-id': String(headers['webhook-id']),
    'webhook-timestamp': String(headers['webhook-timestamp']),
    'webhook-signature': String(headers['webhook-signature']),
  });
