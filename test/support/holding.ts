import { startGateway, type GatewayOptions } from './gateway.ts';
import { createVirtualClock } from './virtual-clock.ts';
import { until } from './wait.ts';

/** Environment of a gateway that asks for everything. */
export const keepsNothing = { CACHE_MAX_BYTES: '0' };

/** Milliseconds that an answer is held back; they pass only when a test says so. */
const heldMs = 1_000;

/** A gateway that keeps no answers, unless it is told to, on a sandbox of 250 tickets that holds them back. */
export async function startHolding(options: GatewayOptions = {}) {
  const clock = createVirtualClock(Date.now());
  const gateway = await startGateway({
    ...options,
    env: { ...keepsNothing, ...options.env },
    sandbox: { tickets: 250, ...options.sandbox, clock },
  });
  const callsOf = (path: string | RegExp) =>
    gateway.sandbox.requests.filter((request) =>
      typeof path === 'string' ? request.path === path : path.test(request.path),
    ).length;
  return {
    gateway,
    callsOf,
    /** Holds back the answers to requests of this path, after those that may pass. */
    hold: (path: string | RegExp, skip = 0) =>
      gateway.sandbox.faults.set({ kind: 'latency', ms: heldMs, path, skip, times: 1_000 }),
    /** Once so many requests of this path have been made, lets go what is held. */
    release: async (path: string | RegExp, times: number) => {
      await until(`${times} requests for ${path}`, () => callsOf(path) >= times);
      await clock.advance(heldMs);
    },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}
