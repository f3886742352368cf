import { startGateway, type GatewayOptions, type RunningGateway } from './gateway.ts';
import { startTcpProxy, type TcpProxy, type TcpProxyOptions } from './tcp-proxy.ts';

export interface BehindProxy extends AsyncDisposable {
  readonly gateway: RunningGateway;
  readonly proxy: TcpProxy;
  /** `http://127.0.0.1:<port>` of the proxy */
  readonly origin: string;
  readonly wsUrl: string;
}

/** A gateway and a proxy before it. */
export async function startBehindProxy(
  proxyOptions: Omit<TcpProxyOptions, 'target'>,
  options: GatewayOptions = {},
): Promise<BehindProxy> {
  let target = 0;
  const proxy = await startTcpProxy({ ...proxyOptions, target: () => target });
  const origin = `http://127.0.0.1:${proxy.port}`;
  // A host that nobody told it of is not its own.
  const gateway = await startGateway({ ...options, env: { CORS_ORIGINS: origin, ...options.env } });
  target = Number(new URL(gateway.origin).port);
  return {
    gateway,
    proxy,
    origin,
    wsUrl: `${origin.replace('http', 'ws')}/graphql`,
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]();
      await gateway[Symbol.asyncDispose]();
    },
  };
}
