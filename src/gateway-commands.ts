import { resolve } from 'node:path';
import { backends } from './backends/registry.ts';
import type { GatewayConfig } from './config/config.ts';
import { systemClock } from './domain/clock.ts';
import type { Log } from './domain/log.ts';
import { registrationPlace } from './gateway-events.ts';
import { openSharedState } from './gateway-stores.ts';
import { createLimiterRegistry } from './rate-limit/memory-limiter.ts';
import { rotateCommand } from './registration/rotate-command.ts';

export interface CommandTools {
  readonly log: Log;
  /** Tells whoever runs the command; a line each. */
  readonly say: (line: string) => void;
  /** Aborted when the command is to give up. */
  readonly signal: AbortSignal;
}

/**
 * Exchanges the gateway's webhook and its secret, while gateways run or not.
 * @returns the exit code of the program; 0: done
 */
export async function rotateWebhook(config: GatewayConfig, tools: CommandTools): Promise<number> {
  const { log, say, signal } = tools;
  const clock = systemClock;
  const { kind, url, rateLimit, customFieldsOnPut, workspace } = config.backend;
  const { dataDir } = config.events;
  const limiters = createLimiterRegistry({ defaultLimit: rateLimit, clock, log });
  const backend = backends[kind]({ url, rateLimit: limiters, customFieldsOnPut, log, clock });
  const store = openSharedState(config, { log, clock });
  const place =
    store && registrationPlace({ config, backend, state: store, log, clock, priority: 'MUTATION' });
  try {
    return await rotateCommand({
      kind,
      pageSize: backend.capabilities.maxPageSize,
      session: place?.session ?? unused,
      clock,
      log,
      workspaceId: workspace?.apiKey ? workspace.id : null,
      targetUrl: place?.targetUrl ?? null,
      store,
      storeIs: config.redisUrl === null && dataDir !== null ? `the folder ${resolve(dataDir)}` : 'Redis',
      say,
      signal,
    });
  } finally {
    await store?.close();
    await backend.close();
  }
}

/** The command says what is missing before it asks anything. */
const unused = (): never => {
  throw new Error('no registration is configured');
};
