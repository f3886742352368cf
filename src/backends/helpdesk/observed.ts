import type { Telemetry } from '../../domain/telemetry.ts';
import { TransportError } from '../transport.ts';
import { traceOf } from './prepared-call.ts';
import type { Attempt } from './send.ts';

/** Tells of each attempt, and lets whoever traces name its span to the backend. */
export const observed =
  (attempt: Attempt, telemetry: Telemetry): Attempt =>
  async (call, permit, timeoutMs, attempts) => {
    const { endpoint, operation } = call;
    const watch = telemetry.call({
      method: endpoint.method,
      path: endpoint.path,
      attempt: attempts,
      waitedMs: permit.waitedMs,
      priority: operation.priority,
      trace: traceOf(operation),
    });
    const { trace } = watch;
    try {
      const result = await attempt(trace === null ? call : { ...call, trace }, permit, timeoutMs, attempts);
      if (result instanceof TransportError) watch.end(null, result.fault);
      else watch.end(result.status, null);
      return result;
    } catch (error) {
      watch.end(null, 'DEFECT');
      throw error;
    }
  };
