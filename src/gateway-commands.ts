import { resolve } from 'node:path';
import { backends } from './backends/registry.ts';
import type { GatewayConfig } from './config/config.ts';
import type { ApiLevel } from './domain/caller.ts';
import { systemClock } from './domain/clock.ts';
import type { Log } from './domain/log.ts';
import { newToken } from './auth/new-token.ts';
import { heldKeys } from './gateway-callers.ts';
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
 * Exchanges the gateway's webhook of a workspace and its secret, while gateways run or not.
 * @param named the workspace; null: the only one
 * @returns the exit code of the program; 0: done
 */
export async function rotateWebhook(
  config: GatewayConfig,
  named: string | null,
  tools: CommandTools,
): Promise<number> {
  const { log, say, signal } = tools;
  const clock = systemClock;
  const { kind, url, rateLimit, customFieldsOnPut, workspaces } = config.backend;
  const { dataDir } = config.events;
  const held = heldKeys(workspaces).map(({ workspaceId }) => workspaceId);
  if (named === null ? held.length > 1 : !held.includes(named)) {
    say(`Name one of the workspaces whose keys are configured: ${held.join(', ')}.`);
    return 1;
  }
  const workspaceId = named ?? held[0] ?? null;
  const limiters = createLimiterRegistry({ defaultLimit: rateLimit, clock, log });
  const backend = backends[kind]({ url, rateLimit: limiters, customFieldsOnPut, log, clock });
  const store = openSharedState(config, { log, clock });
  const place =
    store === null || workspaceId === null
      ? null
      : registrationPlace({ config, backend, state: store, log, clock, workspaceId, priority: 'MUTATION' });
  try {
    return await rotateCommand({
      kind,
      pageSize: backend.capabilities.maxPageSize,
      session: place?.session ?? unused,
      clock,
      log,
      workspaceId,
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

/** Prints a token to hand out, and the entry by which GATEWAY_TOKENS_FILE knows it; the token is shown here and nowhere else. */
export function printNewToken(name: string, level: ApiLevel, say: CommandTools['say']): void {
  const { token, sha256 } = newToken();
  say(`The token, for whoever is to have it: ${token}`);
  say(`Its entry among "tokens" in GATEWAY_TOKENS_FILE: ${JSON.stringify({ name, sha256, level })}`);
}
