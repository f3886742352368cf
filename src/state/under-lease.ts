import { keepLease, type LeaseOptions } from './lease.ts';

/**
 * Waits for a lease, does something under it once, and gives it back.
 * @param work its signal is aborted with `signal`, and when the lease is lost
 * @returns what `work` does; rejects as it does, or with the reason of `signal`
 */
export async function underLease<T>(
  options: Omit<LeaseOptions, 'work'> & { readonly signal: AbortSignal },
  work: (held: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal, ...lease } = options;
  signal.throwIfAborted();
  const result = Promise.withResolvers<T>();
  const leave = (): void => result.reject(signal.reason);
  signal.addEventListener('abort', leave, { once: true });
  const kept = keepLease({ ...lease, work: (held) => work(held).then(result.resolve, result.reject) });
  try {
    return await result.promise;
  } finally {
    signal.removeEventListener('abort', leave);
    await kept.stop();
  }
}
