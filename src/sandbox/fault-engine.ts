import type { Json } from '../domain/json.ts';
import type { Fault, FaultEffect, Faults } from './faults.ts';
import type { Random } from './random.ts';

/** Effects that leave the answer an answer; all that match add up. */
type Alteration = Extract<FaultEffect, { readonly kind: 'latency' | 'missing-headers' | 'rewrite' }>;
/** Effects that take the answer's place or cut it; the first that matches rules. */
export type Blow = Exclude<FaultEffect, Alteration>;

/** What befalls one request. */
export interface Mishap {
  readonly blow: Blow | null;
  readonly latencyMs: number;
  /** Headers to leave out, in lower case. */
  readonly without: ReadonlySet<string>;
  readonly rewrites: readonly ((body: Json) => Json)[];
}

export interface FaultEngine extends Faults {
  befall(request: {
    readonly method: string;
    readonly path: string;
    readonly pattern: string | null;
    readonly key: string | null;
  }): Mishap;
}

interface Armed {
  readonly fault: Fault;
  skip: number;
  left: number;
  hits: number;
}

const rateLimitHeaders = ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'];
const nothing: Mishap = { blow: null, latencyMs: 0, without: new Set(), rewrites: [] };

function isAimedAt(fault: Fault, request: Parameters<FaultEngine['befall']>[0]): boolean {
  const { method, path, key } = fault;
  if (method !== undefined && method !== request.method) return false;
  if (key !== undefined && key !== request.key) return false;
  if (path === undefined) return true;
  return path instanceof RegExp ? path.test(request.path) : path === request.pattern || path === request.path;
}

/** Whether the fault hits this request; counts it if so. */
function hits(armed: Armed, random: Random): boolean {
  if (armed.skip > 0) {
    armed.skip -= 1;
    return false;
  }
  const { probability } = armed.fault;
  if (armed.left <= 0 || (probability !== undefined && !random.chance(probability))) return false;
  armed.left -= 1;
  armed.hits += 1;
  return true;
}

function mishapOf(effects: readonly FaultEffect[], random: Random): Mishap {
  let blow: Blow | null = null;
  let latencyMs = 0;
  const without = new Set<string>();
  const rewrites: ((body: Json) => Json)[] = [];
  for (const effect of effects) {
    if (effect.kind === 'latency') latencyMs += effect.ms + random.next() * (effect.jitterMs ?? 0);
    else if (effect.kind === 'rewrite') rewrites.push(effect.body);
    else if (effect.kind === 'missing-headers') {
      for (const name of effect.names ?? rateLimitHeaders) without.add(name.toLowerCase());
    } else blow ??= effect;
  }
  return { blow, latencyMs, without, rewrites };
}

const isAlteration = ({ kind }: FaultEffect): boolean =>
  kind === 'latency' || kind === 'missing-headers' || kind === 'rewrite';

export function createFaultEngine(random: Random): FaultEngine {
  let armed: Armed[] = [];
  return {
    set: (fault) => {
      const endless = fault.probability !== undefined;
      const one = { fault, skip: fault.skip ?? 0, left: fault.times ?? (endless ? Infinity : 1), hits: 0 };
      armed.push(one);
      return {
        get hits() {
          return one.hits;
        },
        remove: () => {
          armed = armed.filter((other) => other !== one);
        },
      };
    },
    clear: () => {
      armed = [];
    },
    befall: (request) => {
      if (armed.length === 0) return nothing;
      const effects: FaultEffect[] = [];
      for (const one of armed) {
        // A blow that another one forestalls is not spent on this request.
        const forestalled = !isAlteration(one.fault) && effects.some((effect) => !isAlteration(effect));
        if (!forestalled && isAimedAt(one.fault, request) && hits(one, random)) effects.push(one.fault);
      }
      armed = armed.filter(({ left }) => left > 0);
      return mishapOf(effects, random);
    },
  };
}
