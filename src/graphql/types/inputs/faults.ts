import { GatewayError, type FieldFault } from '../../../domain/errors.ts';
import type { ArgumentPath } from '../../argument-paths.ts';

/** Collects what is wrong with an input, so that a caller hears of everything at once. */
export interface Faults {
  /** @param code REQUIRED, INVALID, NOT_FOUND, DUPLICATE… */
  add(path: ArgumentPath, message: string, code?: string): void;
  /**
   * Runs a parser that throws BAD_USER_INPUT and keeps its fault.
   * @param standIn takes the value's place until `check` throws
   */
  take<T, S>(parse: () => T, standIn: S): T | S;
  /** @throws GatewayError BAD_USER_INPUT with every fault collected; nothing was sent */
  check(): void;
}

export function createFaults(): Faults {
  const faults: FieldFault[] = [];
  return {
    add: (path, message, code = 'INVALID') => {
      faults.push({ path, code, message, sourceKey: null });
    },
    take: (parse, standIn) => {
      try {
        return parse();
      } catch (error) {
        if (!(error instanceof GatewayError) || error.code !== 'BAD_USER_INPUT') throw error;
        faults.push(...error.fields);
        return standIn;
      }
    },
    check: () => {
      const [first] = faults;
      if (first) throw new GatewayError('BAD_USER_INPUT', first.message, { fields: faults });
    },
  };
}
