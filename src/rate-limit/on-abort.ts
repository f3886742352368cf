/** Those who wait for a signal's abort share one listener. */
interface Watch {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

const watches = new WeakMap<AbortSignal, Watch>();

/**
 * Calls `callback` once `signal` is aborted. A signal searches its list of listeners from the start at every removal,
 * which thousands of calls on one signal would feel; here adding and removing cost the same for any number.
 * @param signal not aborted yet
 */
export function onAbort(signal: AbortSignal, callback: () => void): void {
  const watch = watches.get(signal) ?? begin(signal);
  watch.callbacks.add(callback);
}

/** Undoes `onAbort`. */
export function offAbort(signal: AbortSignal, callback: () => void): void {
  const watch = watches.get(signal);
  if (watch?.callbacks.delete(callback) !== true || watch.callbacks.size > 0) return;
  watches.delete(signal);
  signal.removeEventListener('abort', watch.listener);
}

function begin(signal: AbortSignal): Watch {
  const callbacks = new Set<() => void>();
  const listener = (): void => {
    watches.delete(signal);
    for (const callback of callbacks) callback();
  };
  const watch: Watch = { callbacks, listener };
  watches.set(signal, watch);
  signal.addEventListener('abort', listener, { once: true });
  return watch;
}

/**
 * Calls `callback` with each of the signals that is aborted; the returned function ends that.
 * @param signals not aborted yet
 */
export function onAnyAbort(
  signals: readonly AbortSignal[],
  callback: (aborted: AbortSignal) => void,
): () => void {
  const listeners = signals.map((signal) => ({ signal, listener: () => callback(signal) }));
  for (const { signal, listener } of listeners) onAbort(signal, listener);
  return () => {
    for (const { signal, listener } of listeners) offAbort(signal, listener);
  };
}

/** `take` rejects with the reason of the abort as it is; whoever aborts with something else than an Error gets one. */
export function reasonOf(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
}
