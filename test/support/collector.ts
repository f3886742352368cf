import { once } from 'node:events';
import { createServer } from 'node:http';
import { z } from 'zod';
import { until } from './wait.ts';

const value = z.union([
  z.object({ stringValue: z.string() }).transform(({ stringValue }) => stringValue),
  z.object({ intValue: z.coerce.number() }).transform(({ intValue }) => intValue),
  z.object({ doubleValue: z.number() }).transform(({ doubleValue }) => doubleValue),
]);
const attributes = z
  .array(z.object({ key: z.string(), value }))
  .default([])
  .transform((pairs) => Object.fromEntries(pairs.map((pair) => [pair.key, pair.value])));
const span = z.object({
  name: z.string(),
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  traceState: z.string().optional(),
  kind: z.number(),
  attributes,
  status: z.object({ code: z.number().optional() }),
});
/** What an exporter posts (OTLP 1.x, ExportTraceServiceRequest in JSON), as far as tests look at it. */
const posted = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(z.object({ spans: z.array(span) })),
    }),
  ),
});

/** A span as it arrived. */
export interface ArrivedSpan extends z.output<typeof span> {
  readonly service: unknown;
}

export interface Collector extends AsyncDisposable {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly url: string;
  readonly spans: readonly ArrivedSpan[];
  /** Every body as it came. */
  readonly bodies: readonly string[];
  /** Headers of the last post. */
  readonly headers: Readonly<Record<string, unknown>>;
  /** The one span of this name, once it is there. */
  span(name: string): Promise<ArrivedSpan>;
}

/** A collector of spans on a free port: OTLP over HTTP, in JSON. */
export async function startCollector(): Promise<Collector> {
  const spans: ArrivedSpan[] = [];
  const bodies: string[] = [];
  let headers: Readonly<Record<string, unknown>> = {};
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      bodies.push(body);
      ({ headers } = request);
      for (const { resource, scopeSpans } of posted.parse(JSON.parse(body)).resourceSpans) {
        const service = resource.attributes['service.name'];
        spans.push(...scopeSpans.flatMap((scope) => scope.spans).map((one) => ({ ...one, service })));
      }
      response.writeHead(request.url === '/v1/traces' ? 200 : 404, { 'content-type': 'application/json' });
      response.end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the collector listens on no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    spans,
    bodies,
    get headers() {
      return headers;
    },
    span: async (name) => {
      await until(`a span ${name}`, () => spans.some((one) => one.name === name));
      const found = spans.filter((one) => one.name === name);
      if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} spans ${name}`);
      return found[0];
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
