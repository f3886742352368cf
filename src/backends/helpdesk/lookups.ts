import { BackendError } from '../../domain/errors.ts';

/**
 * Reads answer null for what does not exist. A 404 that is not of this API, or says that something else is missing than
 * what was asked for, is an error like any other.
 */
export async function nullIfMissing<Value>(lookup: Promise<Value>): Promise<Value | null> {
  try {
    return await lookup;
  } catch (error) {
    if (error instanceof BackendError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}
