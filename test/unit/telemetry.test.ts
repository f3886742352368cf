import { expect, test } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import { createOperationNames } from '../../src/telemetry/operation-names.ts';
import { startGateway } from '../support/gateway.ts';

const hour = 3_600_000;

function names(max: number) {
  let at = 0;
  const forgotten: string[] = [];
  const known = createOperationNames({ max, now: () => at, forgotten: (name) => forgotten.push(name) });
  return { ...known, forgotten, pass: (ms: number) => (at += ms) };
}

test('a name counts under itself once an operation of it came to something', () => {
  const { of } = names(10);
  expect(of('TicketsPage', false)).toBe('other');
  expect(of('TicketsPage', true)).toBe('TicketsPage');
  expect(of('TicketsPage', false)).toBe('TicketsPage');
  expect(of(null, true)).toBe('other');
});

test('ten thousand names make no more series than there may be', () => {
  const { of } = names(100);
  const counted = Array.from({ length: 10_000 }, (_, index) => of(`Made${index}`, true));
  expect(new Set(counted).size).toBe(101);
  expect(of('Made0', true)).toBe('Made0');
});

test('a name that nobody used for an hour makes room, and its series go', () => {
  const { of, pass, forgotten } = names(2);
  of('Old', true);
  pass(hour / 2);
  of('Young', true);
  expect(of('New', true)).toBe('other');
  pass(hour / 2);
  expect(of('New', true)).toBe('New');
  expect(forgotten).toEqual(['Old']);
  expect(of('Young', true)).toBe('Young');
});

test('a name that is a key, or too long, is never shown', () => {
  const { of } = names(10);
  expect(of('aclou_0123456789abcdef0123456789abcdef01234567', true)).toBe('other');
  expect(of('x'.repeat(65), true)).toBe('other');
});

test('each operation gets a line where that is asked for, with what it came to', async () => {
  await using gateway = await startGateway({ env: { LOG_OPERATIONS: 'true' } });
  await gateway.query('query Page { tickets(first: 1) { edges { node { id } } } }');
  await gateway.query('{ nothing }');
  const lines = gateway.logs.filter(({ message }) => message === 'operation');
  expect(lines).toEqual([
    {
      level: 'info',
      message: 'operation',
      fields: expect.objectContaining({
        operation: 'Page',
        type: 'query',
        outcome: 'OK',
        spent: 1,
        waitedMs: 0,
      }),
    },
    {
      level: 'info',
      message: 'operation',
      fields: expect.objectContaining({
        operation: null,
        outcome: 'INPUT',
        codes: ['GRAPHQL_VALIDATION_FAILED'],
      }),
    },
  ]);
});

test('only slow operations are warned of where nothing else is asked for', async () => {
  await using gateway = await startGateway({ env: { SLOW_OPERATION_MS: '50' } });
  await gateway.query('query Quick { __typename }');
  gateway.sandbox.setLatency(80);
  await gateway.query('query Slow { tickets(first: 1) { edges { node { id } } } }');
  expect(gateway.logs.filter(({ message }) => message.startsWith('operation'))).toEqual([
    {
      level: 'warn',
      message: 'operation: slow',
      fields: expect.objectContaining({ operation: 'Slow', traceId: expect.stringMatching(/^[\da-f]{32}$/) }),
    },
  ]);
});

test('lines for operations come with LOG_LEVEL=debug, and are off otherwise', () => {
  expect(parseConfig({}).telemetry).toMatchObject({ operationLog: null, slowMs: null, tracing: null });
  expect(parseConfig({ LOG_LEVEL: 'debug' }).telemetry.operationLog).toBe('debug');
  expect(parseConfig({ LOG_OPERATIONS: 'true' }).telemetry.operationLog).toBe('info');
});

test('OpenTelemetry is configured by its own names', () => {
  const tracing = (env: Record<string, string>) => parseConfig(env).telemetry.tracing;
  const base = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' };
  expect(tracing(base)).toEqual({
    url: 'http://collector:4318/v1/traces',
    headers: {},
    serviceName: 'helpdesk-graphql-gateway',
    sampling: { share: 1, parentBased: true },
  });
  expect(tracing({ ...base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces.example/in' })?.url).toBe(
    'https://traces.example/in',
  );
  expect(tracing({ ...base, OTEL_EXPORTER_OTLP_HEADERS: 'Api-Key=a%20b, x=1' })?.headers).toEqual({
    'api-key': 'a b',
    x: '1',
  });
  expect(
    tracing({ ...base, OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' })?.sampling,
  ).toEqual({
    share: 0.25,
    parentBased: false,
  });
  expect(() => tracing({ ...base, OTEL_TRACES_SAMPLER: 'jaeger_remote' })).toThrow('OTEL_TRACES_SAMPLER');
  expect(() => tracing({ ...base, OTEL_TRACES_SAMPLER_ARG: '2' })).toThrow('OTEL_TRACES_SAMPLER_ARG');
  expect(() => tracing({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://user:secret@collector' })).toThrow(
    'without a user',
  );
});
