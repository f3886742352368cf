import type { RequestListener } from 'node:http';
import { systemClock } from '../domain/clock.ts';
import type { Clock } from '../domain/clock.ts';
import { createApi } from './api.ts';
import type { Api } from './api.ts';
import { createDeliveryQueue } from './delivery-queue.ts';
import type { DeliveryQueue } from './delivery-queue.ts';
import { createFaultEngine } from './fault-engine.ts';
import type { FaultEngine } from './fault-engine.ts';
import { createKeyRing } from './keys.ts';
import type { KeyRing } from './keys.ts';
import type { SandboxOptions } from './options.ts';
import { createPark } from './park.ts';
import type { Park } from './park.ts';
import { createRandom } from './random.ts';
import type { Random } from './random.ts';
import { createRecorder } from './recorder.ts';
import type { Recorder } from './recorder.ts';
import { createListener } from './server.ts';
import { defaultRateLimit } from './window.ts';
import type { RateLimitBehaviour } from './window.ts';

/** What may change while the sandbox runs. */
export interface Dials {
  rateLimit: RateLimitBehaviour;
  latencyMs: number;
  /** Cursors of an earlier epoch are refused. */
  cursorEpoch: number;
  /** Base URL; known once the server listens. */
  url: string;
}

/** A sandbox without its socket and its handle. */
export interface Core {
  readonly firstId: string;
  readonly clock: Clock;
  readonly dials: Dials;
  readonly keys: KeyRing;
  readonly park: Park;
  readonly faults: FaultEngine;
  readonly recorder: Recorder;
  readonly deliveries: DeliveryQueue;
  readonly listener: RequestListener;
}

/** The `Date` header, formatted once a second. */
function createDate(now: () => number, isSent: () => boolean): () => string | null {
  let second = -1;
  let text = '';
  return () => {
    if (!isSent()) return null;
    const current = Math.floor(now() / 1000);
    if (current !== second) {
      second = current;
      text = new Date(current * 1000).toUTCString();
    }
    return text;
  };
}

function apiOf(options: SandboxOptions, { park, dials, clock }: Pick<Core, 'park' | 'dials' | 'clock'>): Api {
  return createApi({
    workspaceOf: (id) => park.find(id)?.workspace,
    settings: {
      lists: {
        dialect: options.listDialect ?? 'resource',
        parameters: options.listParameters ?? 'both',
        cursorEpoch: () => dials.cursorEpoch,
      },
      systemFields: options.systemFields ?? 'counted',
      customFieldsOnPut: options.customFieldsOnPut ?? 'merge',
      httpTargets: options.httpTargets ?? false,
    },
    rateLimit: () => dials.rateLimit,
    now: () => clock.now(),
    url: () => dials.url,
  });
}

function parkOf(
  options: SandboxOptions,
  random: Random,
  parts: Pick<Core, 'keys' | 'clock'> & {
    ids: readonly string[];
    now: () => number;
    announce: DeliveryQueue['announce'];
  },
): Park {
  const { now, clock } = parts;
  return createPark({
    ...parts,
    random,
    time: () => new Date(now()).toISOString(),
    data: {
      until: options.dataUntil ?? clock.now(),
      tickets: options.tickets ?? 500,
      customFieldsPerTicket: options.customFieldsPerTicket ?? 12,
    },
  });
}

export function createCore(options: SandboxOptions): Core {
  const clock = options.clock ?? systemClock;
  const random = createRandom(options.seed ?? 1);
  const ids = options.workspaces ?? ['ws_sandbox', 'ws_other'];
  const dials: Dials = {
    rateLimit: { ...defaultRateLimit, ...options.rateLimit },
    latencyMs: options.latencyMs ?? 0,
    cursorEpoch: 1,
    url: '',
  };
  const now = (): number => clock.now() + dials.rateLimit.clockSkewMs;
  const keys = createKeyRing(random.fork('keys'), () => dials.rateLimit);
  const deliveries = createDeliveryQueue({
    clock,
    now,
    random: random.fork('deliveries'),
    behaviour: options.deliveries ?? {},
    workspaceOf: (id = ids[0]) => park.get(id).workspace,
  });
  const park = parkOf(options, random, { ids, keys, clock, now, announce: deliveries.announce });
  const faults = createFaultEngine(random.fork('faults'));
  const recorder = createRecorder(options.maxRecordedRequests ?? 20_000);
  const listener = createListener({
    api: apiOf(options, { park, dials, clock }),
    keys,
    faults,
    recorder,
    clock,
    latency: () => dials.latencyMs,
    date: createDate(now, () => dials.rateLimit.headers.includes('date')),
  });
  return { firstId: ids[0], clock, dials, keys, park, faults, recorder, deliveries, listener };
}
