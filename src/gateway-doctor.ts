import { randomBytes } from 'node:crypto';
import { countPublishedKeys } from './auth/published-keys.ts';
import { backends } from './backends/registry.ts';
import { parseConfig, type Config } from './config/config.ts';
import { ConfigError, type Env } from './config/reader.ts';
import { isLoopback } from './config/values.ts';
import { systemClock as clock } from './domain/clock.ts';
import type { Log } from './domain/log.ts';
import { createMeter } from './domain/operation.ts';
import type { Admittance } from './doctor/callers.ts';
import { examine, type DoctorOptions } from './doctor/doctor.ts';
import { findingsOf, lineOf } from './doctor/finding.ts';
import { openSharedState } from './gateway-stores.ts';
import { createCaller } from './http/caller.ts';
import { createLimiterRegistry } from './rate-limit/memory-limiter.ts';
import { readRecord, registrationName } from './registration/record.ts';
import { receiverUrl } from './registration/target.ts';

export type Say = DoctorOptions['say'];

/** Milliseconds for what is asked of the helpdesk, for each workspace. */
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
    admittance: admittanceOf(config),
    clock,
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

/** How callers are let in, as far as that can be looked at from here. */
function admittanceOf({ auth }: Pick<Config, 'auth'>): Admittance {
  if (auth.mode === 'TOKENS') return { by: 'TOKENS', tokens: auth.tokens };
  if (auth.mode !== 'JWT') return { by: 'KEYS' };
  const { keys } = auth;
  if ('secret' in keys) return { by: 'SECRET' };
  return { by: 'PUBLISHED_KEYS', url: keys.jwksUrl, read: () => countPublishedKeys(keys.jwksUrl) };
}

/** The helpdesk as the gateway would use it; with budgets of its own, for it sends a handful of requests. */
function openHelpdesk(config: Config, settings: NonNullable<Config['backend']>) {
  const { kind, url, rateLimit, customFieldsOnPut, workspaces } = settings;
  const { publicUrl } = config.events;
  const limiters = createLimiterRegistry({ defaultLimit: rateLimit, clock, log });
  const backend = backends[kind]({ url, rateLimit: limiters, customFieldsOnPut, log, clock });
  const meter = createMeter();
  const ownOf = (workspaceId: string, apiKey: string) => ({
    apiKey,
    session: backend.session(createCaller(kind, { apiKey, workspaceId }, 'SERVER'), {
      priority: 'QUERY',
      client: 'doctor',
      signal: new AbortController().signal,
      deadline: clock.now() + patienceMs * workspaces.length,
      traceId: randomBytes(16).toString('hex'),
      meter,
    }),
  });
  const knownWebhook = async (workspaceId: string): Promise<string | null> => {
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
    workspaces: workspaces.map(({ id, apiKey, webhookSecrets }) => ({
      workspaceId: id,
      own: apiKey === null ? null : ownOf(id, apiKey),
      targetUrl: publicUrl && receiverUrl(publicUrl, kind, id),
      receiverPath: new URL(receiverUrl('http://localhost', kind, id)).pathname,
      byHand: webhookSecrets.length > 0,
      knownWebhook: () => knownWebhook(id),
    })),
    spent: () => meter.spent,
  };
  return { helpdesk, close: () => backend.close() };
}
