import { createServer } from 'node:http';
import { StartError } from '../domain/start-error.ts';
import { refuse, type Answer } from './answers.ts';
import type { MetricsRoute } from './metrics-route.ts';
import { headOf, send } from './node-binding.ts';
import { failed, methodNotAllowed, notFound } from './refusals.ts';
import type { RunningServer } from './server.ts';

export interface MetricsListener {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * A listener for `/metrics` alone.
 * @throws StartError that says what to do where the address cannot be had
 */
export async function listenForMetrics(
  route: MetricsRoute,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<MetricsListener> {
  const server = createServer((request, response) => {
    const { method, target, header } = headOf(request);
    const answer = async (): Promise<Answer> => {
      if (target.split('?', 1)[0] !== '/metrics') return refuse(notFound);
      if (method !== 'GET' && method !== 'HEAD') return refuse(methodNotAllowed('GET, HEAD'));
      return route(header).catch(() => refuse(failed));
    };
    void answer().then((found) => send(response, method === 'HEAD' ? { ...found, body: null } : found));
  });
  await new Promise<void>((resolve, reject) => {
    const refuseStart = ({ message }: Error): void =>
      reject(new StartError(`METRICS_PORT=${port}, METRICS_HOST=${host} cannot be listened at: ${message}`));
    server.once('error', refuseStart);
    server.listen(port, host, () => {
      server.off('error', refuseStart);
      resolve();
    });
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A server with a listener for metrics beside it, which goes on until the gateway has ended. @throws as `listenForMetrics` */
export async function besideMetrics(
  server: RunningServer,
  route: MetricsRoute,
  address: { readonly host: string; readonly port: number },
): Promise<RunningServer> {
  try {
    const metrics = await listenForMetrics(route, address);
    const close = async (): Promise<void> => {
      await server.close();
      await metrics.close();
    };
    return { ...server, close };
  } catch (error) {
    await server.close();
    throw error;
  }
}
