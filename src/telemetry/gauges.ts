import { Counter, Gauge, type Registry } from 'prom-client';
import type { BackendStatus, Budget } from '../domain/backend.ts';
import type { KeyUse, KeyUses } from '../rate-limit/limiter.ts';

/** What is asked at a scrape. Nothing of it may cost a request. */
export interface Sources {
  /** The limiters of this process. @param most that are told of */
  readonly keys: (most: number) => KeyUses;
  readonly circuit: () => BackendStatus['circuit'];
  readonly sockets: () => { readonly open: number; readonly operations: number };
  /** Bytes of answers that are kept; null: none are. */
  readonly cacheBytes: () => number | null;
}

/** Keys that have series of their own: the ones that were used last. */
const maxKeys = 20;
/** Characters of a key's hash: enough to tell twenty apart, and to find it in the log. */
const hashLength = 12;

const circuits = ['CLOSED', 'OPEN', 'HALF_OPEN'] as const satisfies readonly BackendStatus['circuit'][];

export function registerGauges(registry: Registry, sources: Sources): void {
  registerProcess(registry, sources);
  const shown = (): readonly KeyUse[] => sources.keys(maxKeys).last;
  registerBudgets(registry, shown);
  registerTallies(registry, shown);
}

function registerProcess(registry: Registry, { keys, circuit, sockets, cacheBytes }: Sources): void {
  const registers: [] = [];
  const gauge = (name: string, help: string, value: () => number): void => {
    registry.registerMetric(
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(value());
        },
      }),
    );
  };
  gauge('gateway_sockets', 'WebSockets that are open.', () => sockets().open);
  gauge(
    'gateway_socket_operations',
    'Operations under way on WebSockets: subscriptions, and what is just being answered.',
    () => sockets().operations,
  );
  gauge('gateway_keys', 'Keys of the backend that are remembered.', () => keys(0).total);
  gauge('gateway_cache_bytes', 'Bytes of answers that are kept, as estimated.', () => cacheBytes() ?? 0);
  registry.registerMetric(
    new Gauge({
      name: 'gateway_backend_circuit',
      help: 'State of the circuit breaker: 1 for the one it is in.',
      labelNames: ['state'],
      registers,
      collect() {
        const now = circuit();
        for (const state of circuits) this.set({ state: state.toLowerCase() }, state === now ? 1 : 0);
      },
    }),
  );
}

/** @param keys those that have series */
function registerBudgets(registry: Registry, keys: () => readonly KeyUse[]): void {
  const ofBudget = (name: string, help: string, value: (budget: Budget) => number): void => {
    perKey(name, help, ({ budget }) => (budget === null ? null : value(budget)));
  };
  const perKey = (name: string, help: string, value: (key: KeyUse) => number | null): void => {
    registry.registerMetric(
      new Gauge({
        name,
        help: `${help} By the hash of the key; the ${maxKeys} keys that were used last.`,
        labelNames: ['key'],
        registers: [],
        collect() {
          this.reset();
          for (const key of keys()) {
            const now = value(key);
            if (now !== null) this.set({ key: labelOf(key) }, now);
          }
        },
      }),
    );
  };
  ofBudget('gateway_rate_limit_limit', 'Requests in a window.', ({ limit }) => limit);
  ofBudget('gateway_rate_limit_remaining', 'Requests left in the window.', ({ remaining }) => remaining);
  ofBudget('gateway_rate_limit_queue', 'Calls that wait for their turn.', ({ queued }) => queued);
  perKey(
    'gateway_rate_limit_longest_stretch_seconds',
    'The longest time without a call while one waited, since the key is remembered.',
    ({ longestStretchMs }) => longestStretchMs / 1000,
  );
}

/** @param keys those that have series */
function registerTallies(registry: Registry, keys: () => readonly KeyUse[]): void {
  registry.registerMetric(
    new Counter({
      name: 'gateway_rate_limit_calls_total',
      help: `Calls by what the budget said to them: sent, refused here, refused by the backend. By the hash of the key; the ${maxKeys} keys that were used last.`,
      labelNames: ['key', 'result'],
      registers: [],
      collect() {
        this.reset();
        for (const use of keys()) {
          const key = labelOf(use);
          this.inc({ key, result: 'sent' }, use.sent);
          this.inc({ key, result: 'refused_here' }, use.refusedHere);
          this.inc({ key, result: 'refused_by_backend' }, use.refusedByBackend);
        }
      },
    }),
  );
}

const labelOf = ({ keyId }: KeyUse): string => keyId.slice(0, hashLength);
