import { BackendError } from '../../domain/errors.ts';

/** Reads answer null for what does not exist. A 404 that is not of this API is an error like any other. */
export async function nullIfMissing<Value>(lookup: Promise<Value>): Promise<Value | null> {
  try {
    return await lookup;
  } catch (error) {
    if (error instanceof BackendError && error.category === 'NOT_FOUND') return null;
    throw error;
  }
}
