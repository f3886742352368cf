/** The gateway inside a server of one's own: it answers its paths, the program all others. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
// From outside this repository: 'helpdesk-graphql-gateway'.
import { createGateway, parseConfig } from '../../src/index.ts';

const newest = '{ tickets(first: 1) { nodes { subject } } }';

export interface Embedded {
  readonly server: Server;
  close(): Promise<void>;
}

/** @param env as `npm start` takes it; HELPDESK_URL must be in it */
export async function serveWithGateway(env: Readonly<Record<string, string>>): Promise<Embedded> {
  const { backend, ...config } = parseConfig(env);
  if (backend === null) throw new Error('HELPDESK_URL is not set.');
  const gateway = createGateway({ ...config, backend }, { log: console });

  const server = createServer((request, response) => {
    const { url = '/' } = request;
    if (/^\/(?:graphql|webhooks|readyz|healthz)\b/.test(url)) {
      void gateway.handle(request, response);
      return;
    }
    // A page of one's own asks in the process, no socket between: this half works in any host that speaks WHATWG `fetch`.
    void gateway
      .fetch(new Request(`http://localhost/graphql?query=${encodeURIComponent(newest)}`))
      .then(async (answer) => response.end(await answer.text()));
  });
  server.on('upgrade', (request, socket, head) => gateway.upgrade(request, socket, head));
  server.listen(config.port, config.host);
  await once(server, 'listening');
  gateway.start();

  return {
    server,
    close: async () => {
      gateway.drain();
      const closed = once(server, 'close');
      server.close();
      await gateway.dispose();
      server.closeAllConnections();
      await closed;
    },
  };
}
