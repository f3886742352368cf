import type { ListenOptions } from '../../src/http/server.ts';
import type { GatewayLimits } from '../../src/http/limits.ts';

/** What a gateway waits for, in milliseconds. */
export type Times = Pick<ListenOptions, 'headersTimeoutMs' | 'requestTimeoutMs'> &
  Partial<Pick<GatewayLimits, 'socketInitMs' | 'socketPingMs' | 'socketDrainMs'>>;

/** As the gateway comes; only its end is not to be waited for. */
export const patient: Times = { socketDrainMs: 200 };

/** So that the end of its patience can be waited for. */
export const impatient: Times = {
  headersTimeoutMs: 1000,
  requestTimeoutMs: 1500,
  socketInitMs: 1000,
  socketPingMs: 1000,
  socketDrainMs: 200,
};
