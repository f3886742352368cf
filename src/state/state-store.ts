/**
 * Small facts that outlive a process and that all gateways of one deployment share: watermarks, registrations, secrets.
 * Values are texts that whoever stores them parses again. Every method rejects while the store is out of reach.
 */
export interface StateStore {
  /** null: not set. */
  get(name: string): Promise<string | null>;
  /** Durable once it resolves, as far as the store is. */
  set(name: string, value: string): Promise<void>;
  /**
   * Sets the value only if it is still what was read, as one step: who stood still meanwhile overwrites nobody.
   * @param expected null: nothing is set
   * @returns whether it was so
   */
  swap(name: string, expected: string | null, value: string): Promise<boolean>;
  delete(name: string): Promise<void>;
  /**
   * Takes the lease, or prolongs it for who has it: at most one holder has it at a time. It runs out by itself.
   * @returns whether `holder` has it now, for `ttlMs` milliseconds from before this call
   */
  lease(name: string, holder: string, ttlMs: number): Promise<boolean>;
  /** Gives a lease back; nothing happens unless `holder` has it. */
  release(name: string, holder: string): Promise<void>;
  close(): Promise<void>;
}
