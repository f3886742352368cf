import type { Unknown } from '../../../domain/ticket.ts';
import type { ArgumentPath } from '../../argument-paths.ts';
import { knownValue } from '../enums.ts';
import type { Faults } from './faults.ts';

/** An object under construction. */
export type Draft<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * Reads the members of an input by one rule for null. In a PATCH an absent member stays, null clears where that
 * means something and is a fault elsewhere; when something is CREATED, null says what absence says.
 * undefined: not to be sent.
 */
export interface Members {
  /** A member that cannot be cleared. */
  value<T>(name: string, given: T | null | undefined): T | undefined;
  /** A member of an enum whose UNKNOWN is for reading only; it cannot be cleared. */
  known<T extends string>(name: string, given: T | null | undefined): Exclude<T, Unknown> | undefined;
  /** A member that null clears. */
  clearable<T>(given: T | null | undefined): T | null | undefined;
}

/** @param base the path of the input that holds the members */
export function membersOf(mode: 'PATCH' | 'CREATE', base: ArgumentPath, faults: Faults): Members {
  const value = <T>(name: string, given: T | null | undefined): T | undefined => {
    if (given !== null) return given;
    if (mode === 'PATCH')
      faults.add([...base, name], `“${name}” cannot be cleared. Leave it out to keep it.`);
    return undefined;
  };
  return {
    value,
    known: (name, given) => {
      const kept = value(name, given);
      return kept === undefined ? undefined : faults.take(() => knownValue(kept, [...base, name]), undefined);
    },
    clearable: (given) => (given === null && mode === 'CREATE' ? undefined : given),
  };
}

/**
 * A patch that names nothing would spend a request, and announce an update, for nothing.
 * @throws GatewayError BAD_USER_INPUT with this and every fault collected before
 */
export function checkPatch<T extends object>(patch: T, path: ArgumentPath, faults: Faults): T {
  faults.check();
  if (Object.keys(patch).length === 0) {
    faults.add(path, 'Nothing to change: name at least one attribute.', 'REQUIRED');
    faults.check();
  }
  return patch;
}
