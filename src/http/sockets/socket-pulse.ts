/** A socket, as far as it must show that it is alive. */
export interface Pulsed {
  /** Whether anything came from the other end since this was asked last. */
  isAlive(): boolean;
  ping(): void;
  /** Ends it at once. */
  cut(): void;
}

export interface Pulse {
  /** It is pinged from now on, until it is removed. */
  add(socket: Pulsed): void;
  remove(socket: Pulsed): void;
  close(): void;
}

/** Parts of an interval; in each of them a part of the sockets is pinged. */
const parts = 24;

/**
 * Pings every socket once in an interval, and cuts those that said nothing since the ping before. Thousands of sockets
 * take their turns spread over the interval, also when they all came at once.
 * @param intervalMs milliseconds between two pings of a socket
 */
export function createPulse(intervalMs: number): Pulse {
  const wheel = Array.from({ length: parts }, () => new Set<Pulsed>());
  const places = new Map<Pulsed, Set<Pulsed>>();
  let added = 0;
  let part = 0;

  const timer = setInterval(() => {
    part += 1;
    for (const socket of wheel[part % parts] ?? []) {
      if (socket.isAlive()) socket.ping();
      else socket.cut();
    }
  }, intervalMs / parts);
  timer.unref();

  return {
    add: (socket) => {
      const place = wheel[(added += 1) % parts];
      if (place === undefined) return;
      places.set(socket, place.add(socket));
    },
    remove: (socket) => {
      places.get(socket)?.delete(socket);
      places.delete(socket);
    },
    close: () => {
      clearInterval(timer);
    },
  };
}
