/** Bounds how many reads of one operation are under way together. */
import type { Backend, BackendSession } from '../domain/backend.ts';
import type { Meter } from '../domain/operation.ts';

/**
 * Reads of one operation that may be under way together; a backend without a batch endpoint is asked for a hundred
 * tickets by a hundred requests. The key's budget is kept elsewhere: this leaves connections to others.
 */
export const parallelReads = 16;

/** What a read waits for its turn in, first come, first served. */
class Gate {
  #free = parallelReads;
  readonly #waiting: (() => void)[] = [];

  /** Whoever has been aborted by their turn says so at once, and the turn goes on. */
  async pass<Value>(read: () => Promise<Value>): Promise<Value> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await read();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}

/** By the bill: whatever is asked on an operation's behalf has its meter, also where others share the answer. */
type Gates = WeakMap<Meter, Gate>;

/** A session whose reads pass a gate. A class, for every operation has one: what is not used is not made. */
class BoundedSession implements BackendSession {
  readonly #session: BackendSession;
  readonly #meter: Meter;
  readonly #gates: Gates;

  constructor(session: BackendSession, meter: Meter, gates: Gates) {
    this.#session = session;
    this.#meter = meter;
    this.#gates = gates;
  }

  get tickets(): BackendSession['tickets'] {
    const { tickets } = this.#session;
    return {
      ...tickets,
      get: (id) => this.#pass(() => tickets.get(id)),
      list: (query) => this.#pass(() => tickets.list(query)),
    };
  }

  get ticketFields(): BackendSession['ticketFields'] {
    const { ticketFields } = this.#session;
    return {
      ...ticketFields,
      get: (id) => this.#pass(() => ticketFields.get(id)),
      list: (query) => this.#pass(() => ticketFields.list(query)),
    };
  }

  get ticketFieldOptions(): BackendSession['ticketFieldOptions'] {
    const { ticketFieldOptions } = this.#session;
    return {
      ...ticketFieldOptions,
      get: (fieldId, id) => this.#pass(() => ticketFieldOptions.get(fieldId, id)),
      list: (fieldId, page) => this.#pass(() => ticketFieldOptions.list(fieldId, page)),
    };
  }

  get webhooks(): BackendSession['webhooks'] {
    const { webhooks } = this.#session;
    return {
      ...webhooks,
      get: (id) => this.#pass(() => webhooks.get(id)),
      list: (page) => this.#pass(() => webhooks.list(page)),
    };
  }

  #pass<Value>(read: () => Promise<Value>): Promise<Value> {
    let gate = this.#gates.get(this.#meter);
    if (gate === undefined) {
      gate = new Gate();
      this.#gates.set(this.#meter, gate);
    }
    return gate.pass(read);
  }
}

/**
 * The same backend, with at most `parallelReads` reads of one operation under way. It belongs right around the backend
 * that sends them: what is answered without a request, or by another operation's, takes no place.
 */
export function boundReads(backend: Backend): Backend {
  const gates: Gates = new WeakMap();
  return {
    kind: backend.kind,
    capabilities: backend.capabilities,
    receiver: backend.receiver,
    session: (caller, operation) =>
      new BoundedSession(backend.session(caller, operation), operation.meter, gates),
    budget: (caller) => backend.budget(caller),
    status: () => backend.status(),
    close: () => backend.close(),
  };
}
