import { noTelemetry, type Telemetry } from '../domain/telemetry.ts';
import type { TraceContext } from '../domain/trace.ts';

/** Tells each of them. Where one traces, what it says of the trace counts. */
export function toAll(telemetries: readonly Telemetry[]): Telemetry {
  const [first = noTelemetry, ...others] = telemetries;
  if (others.length === 0) return first;
  return {
    operation: (begun) => {
      const watches = telemetries.map((telemetry) => telemetry.operation(begun));
      return {
        trace: traceOf(watches),
        end: (end) => {
          for (const watch of watches) watch.end(end);
        },
      };
    },
    call: (begun) => {
      const watches = telemetries.map((telemetry) => telemetry.call(begun));
      return {
        trace: traceOf(watches),
        end: (status, fault) => {
          for (const watch of watches) watch.end(status, fault);
        },
      };
    },
    delivery: (begun) => {
      const watches = telemetries.map((telemetry) => telemetry.delivery(begun));
      return {
        end: (result) => {
          for (const watch of watches) watch.end(result);
        },
      };
    },
    refused: (code) => {
      for (const telemetry of telemetries) telemetry.refused(code);
    },
    told: (message) => {
      for (const telemetry of telemetries) telemetry.told(message);
    },
    streams: () => {
      const ends = telemetries.map((telemetry) => telemetry.streams());
      return () => {
        for (const end of ends) end();
      };
    },
  };
}

const traceOf = (watches: readonly { readonly trace: TraceContext | null }[]): TraceContext | null =>
  watches.find(({ trace }) => trace !== null)?.trace ?? null;
