import { randomBytes } from 'node:crypto';
import { backends } from './backends/registry.ts';
import { parseConfig, type Config } from './config/config.ts';
import { ConfigError, type Env } from './config/reader.ts';
import { isLoopback } from './config/values.ts';
import { systemClock as clock } from './domain/clock.ts';
import type { Log } from './domain/log.ts';
import { createMeter } from './domain/operation.ts';
import { examine, type DoctorOptions } from './doctor/doctor.ts';
import { findingsOf, lineOf } from './doctor/finding.ts';
import { openSharedState } from './gateway-stores.ts';
import { createCaller } from './http/caller.ts';
import { createLimiterRegistry } from './rate-limit/memory-limiter.ts';
import { readRecord, registrationName } from './registration/record.ts';
import { receiverUrl } from './registration/target.ts';

export type Say = DoctorOptions['say'];

/** Milliseconds for all that is asked of the helpdesk. */
const patienceMs = 30_000;

const silent = (): void => undefined;
/** What goes wrong is told as a finding. */
const log: Log = { debug: silent, info: silent, warn: silent, error: silent };

/**
 * Checks a deployment: what it is configured with, the helpdesk, the stores, this machine. Changes nothing.
 * @param say is given a line at a time
 * @returns the exit code of the program; 0: nothing fails, 1: something does
 */
export async function diagnose(env: Env, say: Say): Promise<number> {
  let config: Config;
  try {
    config = parseConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { fail } = findingsOf('config');
    for (const { variable, message } of error.faults)
      say(lineOf(fail(`${variable} ${message}.`, 'The gateway does not start.')));
    return 1;
  }
  const { host, port, redisUrl, auth, warnings, events } = config;
  const common = {
    host,
    port,
    redisUrl,
    dataDir: events.dataDir,
    anonymous: auth.mode === 'ANONYMOUS',
    exposed: !isLoopback(host),
    warnings,
    say,
  };
  if (config.backend === null) return examine({ ...common, helpdesk: null });
  const { helpdesk, close } = openHelpdesk(config, config.backend);
  try {
    return await examine({ ...common, helpdesk });
  } finally {
    await close();
  }
}

/** The helpdesk as the gateway would use it; with a budget of its own, for it sends a handful of requests. */
function openHelpdesk(config: Config, settings: NonNullable<Config['backend']>) {
  const { kind, url, rateLimit, customFieldsOnPut, workspaces } = settings;
  // Of several, the first.
  const [workspace] = workspaces;
  const { publicUrl } = config.events;
  const limiters = createLimiterRegistry({ defaultLimit: rateLimit, clock, log });
  const backend = backends[kind]({ url, rateLimit: limiters, customFieldsOnPut, log, clock });
  const meter = createMeter();
  const workspaceId = workspace?.id ?? '';
  const ownOf = (apiKey: string) => ({
    workspaceId,
    apiKey,
    session: backend.session(createCaller(kind, { apiKey, workspaceId }, 'SERVER'), {
      priority: 'QUERY',
      client: 'doctor',
      signal: new AbortController().signal,
      deadline: clock.now() + patienceMs,
      traceId: randomBytes(16).toString('hex'),
      meter,
    }),
  });
  const knownWebhook = async (): Promise<string | null> => {
    const store = openSharedState({ ...config, backend: settings }, { log, clock });
    if (store === null) return null;
    try {
      return (await readRecord(store, registrationName(kind, workspaceId))).record.current?.webhookId ?? null;
    } finally {
      await store.close();
    }
  };
  const helpdesk: NonNullable<DoctorOptions['helpdesk']> = {
    url,
    toleranceMs: backend.receiver.toleranceMs,
    pageSize: backend.capabilities.maxPageSize,
    own: workspace?.apiKey ? ownOf(workspace.apiKey) : null,
    targetUrl: publicUrl && receiverUrl(publicUrl, kind, workspaceId),
    receiverPath: new URL(receiverUrl('http://localhost', kind, workspaceId)).pathname,
    byHand: (workspace?.webhookSecrets.length ?? 0) > 0,
    knownWebhook,
    spent: () => meter.spent,
  };
  return { helpdesk, close: () => backend.close() };
}
