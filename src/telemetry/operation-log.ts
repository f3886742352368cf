import type { Log } from '../domain/log.ts';
import { noTelemetry, type OperationBegun, type OperationEnd, type Telemetry } from '../domain/telemetry.ts';
import { shownName } from './operation-names.ts';

export interface OperationLogOptions {
  readonly log: Log;
  /** Level of the line that each operation gets; null: it gets none. */
  readonly level: 'debug' | 'info' | null;
  /** Milliseconds from which on an operation gets a line at `warn` instead; null: none is slow. */
  readonly slowMs: number | null;
}

/** A line in the log for each operation, or for each that takes long. */
export function createOperationLog({ log, level, slowMs }: OperationLogOptions): Telemetry {
  const ended = ({ name, kind, trace }: OperationBegun, ms: number, end: OperationEnd): void => {
    const slow = slowMs !== null && ms >= slowMs;
    const severity = slow ? 'warn' : level;
    if (severity === null) return;
    const { outcome, codes, meter } = end;
    const fields = {
      traceId: trace.traceId,
      operation: name === null ? null : shownName(name),
      type: kind,
      outcome,
      ...(codes.length === 0 ? {} : { codes: [...new Set(codes)].slice(0, 10) }),
      ms: Math.round(ms * 10) / 10,
      ...(meter === null ? {} : meter),
    };
    log[severity](fields, slow ? 'operation: slow' : 'operation');
  };
  return {
    ...noTelemetry,
    operation: (begun) => {
      const begunAt = performance.now();
      return { trace: null, end: (end) => ended(begun, performance.now() - begunAt, end) };
    },
  };
}
