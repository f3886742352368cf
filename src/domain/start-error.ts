/** What keeps the gateway from starting, and is for whoever starts it to mend. The message says what to do. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
