import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeNodeId } from '../../src/graphql/node-id.ts';
import { oddTexts } from '../fuzz/values.ts';
import { startGateway, type RunningGateway } from '../support/gateway.ts';

/** A request as its first lines said it, before anybody reads a path or a query out of it. */
interface Sent {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Stands before a helpdesk and notes what comes. */
async function startWitness(upstream: () => string) {
  const sent: Sent[] = [];
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    sent.push({ method, target: url, headers });
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { authorization = '', 'x-workspace-id': workspace = '' } = headers;
      void fetch(`${new URL(upstream()).origin}${url}`, {
        method,
        redirect: 'manual',
        headers: { authorization, 'x-workspace-id': String(workspace), 'content-type': 'application/json' },
        ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
      }).then(async (answer) => {
        const body = Buffer.from(await answer.arrayBuffer());
        response.writeHead(answer.status, {
          'content-type': answer.headers.get('content-type') ?? 'text/plain',
        });
        response.end(body);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    sent,
    port,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Paths of the contract, with one segment for each id, and queries of names that it knows. */
const path =
  /^\/helpdesk\/api\/v1\/(?:tickets|ticket_fields|webhooks)(?:\/[\w-]{1,128}(?:\/options(?:\/[\w-]{1,128})?)?)?$/;
const names =
  /^(?:page_size|after|page\[size\]|page\[after\]|pageSize|pageAfter|status|priority|assigneeId|assignee_id|sort|order|order_by|sort_by|sort_order|orderBy|direction|filter\[\w+\])$/;
const headerNames = new Set([
  'accept',
  'accept-encoding',
  'authorization',
  'connection',
  'content-length',
  'content-type',
  'host',
  'traceparent',
  'user-agent',
  'x-workspace-id',
]);

const odd = fc.oneof(
  fc.constantFrom(...oddTexts),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({
    unit: fc.constantFrom('.', '/', '%2e', '%2F', '\\', '?', '#', '&', '=', ';', '@', '\r\n', '\0', 'a'),
  }),
  fc.stringMatching(/^[\w-]{1,20}$/),
);

/** Cursors of the gateway's own make, with something else inside; and what only looks like one. */
const cursor = fc.oneof(
  odd,
  fc
    .tuple(odd, odd)
    .map(([page, id]) => Buffer.from(JSON.stringify([1, page, 0, id, [], ''])).toString('base64url')),
  odd.map((page) => Buffer.from(JSON.stringify([1, page])).toString('base64url')),
);

const id = fc.oneof(
  odd,
  fc
    .tuple(fc.constantFrom('Ticket', 'TicketField', 'Webhook', 'TicketFieldOption', 'Agent'), odd)
    .map(([type, inner]) => encodeNodeId('HELPDESK', type as 'Ticket', inner)),
);

const operations: readonly (readonly [string, fc.Arbitrary<Record<string, unknown>>])[] = [
  ['query ($id: ID!) { ticket(id: $id) { id customFields { field { id } } } }', fc.record({ id })],
  ['query ($id: ID!) { ticketField(by: { id: $id }) { id } webhook(id: $id) { id } }', fc.record({ id })],
  ['query ($id: String!) { ticketField(by: { key: $id }) { id } }', fc.record({ id: odd })],
  ['query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', fc.record({ ids: fc.array(id, { maxLength: 3 }) })],
  [
    'query ($after: String) { tickets(first: 1, after: $after) { nodes { id } } webhooks(first: 1, after: $after) { nodes { id } } }',
    fc.record({ after: cursor }),
  ],
  [
    'query ($a: [ID!]) { tickets(first: 1, filter: { assigneeId: $a }) { nodes { id } } }',
    fc.record({ a: fc.array(id, { minLength: 1, maxLength: 2 }) }),
  ],
  [
    'query ($t: [String!], $e: String) { tickets(first: 1, filter: { tagsAll: $t, requesterEmail: $e }, scan: { maxRequests: 1 }) { nodes { id } } }',
    fc.record({ t: fc.array(odd, { maxLength: 2 }), e: odd }),
  ],
  [
    'mutation ($id: ID!, $s: String!) { ticketUpdate(input: { id: $id, patch: { subject: $s } }) { ticket { id } } }',
    fc.record({ id, s: odd }),
  ],
  ['mutation ($id: ID!) { ticketDelete(input: { id: $id }) { deletedId } }', fc.record({ id })],
  ['mutation ($id: ID!) { webhookDelete(input: { id: $id }) { deletedId } }', fc.record({ id })],
];

/** What of a request is not as the configuration and the caller have it; null: nothing. */
function strayOf({ target, headers }: Sent, { sandbox }: RunningGateway, port: number): string | null {
  const [before = '', query] = target.split('?', 2);
  if (!path.test(before) || target.split('?').length > 2 || target.includes('#')) return `path ${target}`;
  for (const name of new URLSearchParams(query).keys()) if (!names.test(name)) return `parameter ${name}`;
  if (/[^\x21-\x7e]/.test(target)) return 'a target that is not printable';
  if (headers['host'] !== `127.0.0.1:${port}`) return `host ${String(headers['host'])}`;
  if (headers['authorization'] !== `Bearer ${sandbox.keys.admin}`) return 'another key';
  if (headers['x-workspace-id'] !== sandbox.workspaceId) return 'another workspace';
  const further = Object.keys(headers).filter((name) => !headerNames.has(name));
  return further.length > 0 ? `headers ${further.join(', ')}` : null;
}

test('whatever the arguments are, requests go to the configured host, to paths and parameters of the contract, with the caller’s key', async () => {
  let upstream = '';
  await using witness = await startWitness(() => upstream);
  await using gateway = await startGateway({
    env: { HELPDESK_URL: `http://127.0.0.1:${witness.port}/helpdesk/api/v1` },
  });
  upstream = gateway.sandbox.url;
  const arrived = new Set<string>();
  const one = fc
    .constantFrom(...operations)
    .chain(([query, variables]) => variables.map((given) => ({ query, given })));
  await fc.assert(
    fc.asyncProperty(one, async ({ query, given }) => {
      const before = witness.sent.length;
      const { errors = [] } = await gateway.query(query, given, {
        headers: { 'x-client-id': 'a', traceparent: '00-x', 'x-api-version': 'evil', cookie: 'a=b' },
      });
      expect(errors.map(({ extensions }) => extensions?.['code'])).not.toContain('INTERNAL_SERVER_ERROR');
      for (const request of witness.sent.slice(before)) {
        expect(strayOf(request, gateway, witness.port)).toBeNull();
        arrived.add(`${request.method} ${request.target.split(/[/?]/)[4] ?? ''}`);
      }
    }),
    { numRuns: 400 },
  );
  // It was no empty promise.
  expect([...arrived]).toEqual(expect.arrayContaining(['GET tickets', 'GET ticket_fields', 'GET webhooks']));
  expect([...arrived].join()).toMatch(/PUT|DELETE/);
}, 120_000);
