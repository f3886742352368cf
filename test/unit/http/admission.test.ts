import { expect, test } from 'vitest';
import { createAdmission, type Admission, type RequestHead } from '../../../src/http/admission.ts';

const admit = createAdmission({
  host: '127.0.0.1',
  corsOrigins: ['https://app.example.com', 'http://dev.example.com:3000'],
  webhookSegment: 'helpdesk',
  maxBodyBytes: 1000,
});

type Ask = Partial<Omit<RequestHead, 'header'>> & {
  readonly headers?: Record<string, string>;
  readonly host?: string;
};

const ask = ({ headers = {}, host = '127.0.0.1:4000', ...head }: Ask = {}): Admission =>
  admit({
    method: 'GET',
    target: '/graphql',
    hosts: [host],
    header: (name) => headers[name] ?? null,
    local: { address: '127.0.0.1', port: 4000 },
    ...head,
  });

const statusOf = (admission: Admission): number => (admission.admitted ? 200 : admission.refusal.status);

const json = { 'content-type': 'application/json' };

test.for([
  '127.0.0.1:4000',
  'localhost:4000',
  'LOCALHOST:4000',
  '[::1]:4000',
  'app.example.com',
  'dev.example.com:3000',
])('the gateway answers to its own name %s', (host) => {
  expect(statusOf(ask({ host }))).toBe(200);
});

test.for([
  'evil.example',
  'evil.example:4000',
  '127.0.0.1',
  '127.0.0.1:4001',
  '127.0.0.1.evil.example:4000',
  'localhost.evil.example:4000',
  '10.0.0.1:4000',
  'app.example.com:4000',
  'dev.example.com',
])('a name that others can claim, or another port, is refused: %s', (host) => {
  const admission = ask({ host });
  expect(statusOf(admission)).toBe(421);
});

test.for([
  '',
  'a b',
  'localhost:4000@evil.example',
  'localhost:99999',
  'localhost:',
  '[::1',
  '127.0.0.1:4000/x',
  'ü:4000',
  'a'.repeat(400),
])('a Host that is none is a bad request: %j', (host) => {
  expect(statusOf(ask({ host }))).toBe(400);
});

test('no Host, or two, is a bad request', () => {
  expect(statusOf(ask({ hosts: [] }))).toBe(400);
  expect(statusOf(ask({ hosts: ['127.0.0.1:4000', '127.0.0.1:4000'] }))).toBe(400);
});

test('the address at which a connection arrived is a name of the gateway', () => {
  const local = { address: '192.168.1.5', port: 4000 };
  expect(statusOf(ask({ local, host: '192.168.1.5:4000' }))).toBe(200);
  expect(statusOf(ask({ local, host: '192.168.1.6:4000' }))).toBe(421);
  expect(statusOf(ask({ local: { address: '::ffff:192.168.1.5', port: 80 }, host: '192.168.1.5' }))).toBe(
    200,
  );
  expect(statusOf(ask({ local: { address: 'fe80::1', port: 4000 }, host: '[fe80::1]:4000' }))).toBe(200);
});

test('an absolute target names the host that counts', () => {
  expect(ask({ target: 'http://localhost:4000/graphql?query=x', host: 'evil.example' })).toMatchObject({
    admitted: true,
    request: { path: '/graphql', target: '/graphql?query=x' },
  });
  expect(statusOf(ask({ target: 'http://evil.example/graphql' }))).toBe(421);
  expect(statusOf(ask({ target: 'http://user@localhost:4000/graphql' }))).toBe(400);
});

test.for(['*', '', 'graphql', 'localhost:4000', 'ftp://localhost:4000/graphql', '//'])(
  'a target that is no path leads nowhere: %j',
  (target) => {
    expect(statusOf(ask({ target }))).toBeGreaterThanOrEqual(400);
  },
);

test.for([
  'https://app.example.com',
  'http://dev.example.com:3000',
  'http://127.0.0.1:4000',
  'http://localhost:4000',
])('pages of %s may ask, and are told so', (origin) => {
  expect(ask({ headers: { origin } })).toMatchObject({ admitted: true, request: { origin } });
});

test.for([
  'null',
  'https://evil.example',
  'http://app.example.com.evil.example',
  'http://localhost:3000',
  'http://localhost',
  'https://app.example.com:8443',
  'file://',
  '*',
  '',
])('pages of %j may not, and are told nothing', (origin) => {
  expect(ask({ headers: { origin } })).toMatchObject({
    admitted: false,
    refusal: { status: 403 },
    origin: null,
  });
});

test('a page that is allowed learns why its request was refused', () => {
  const headers = { origin: 'https://app.example.com' };
  expect(ask({ headers, target: '/nowhere' })).toMatchObject({
    refusal: { status: 404 },
    origin: headers.origin,
  });
});

test('a page elsewhere cannot spend the budget by an image', () => {
  expect(statusOf(ask({ headers: { 'sec-fetch-site': 'cross-site', accept: 'image/*' } }))).toBe(403);
  expect(statusOf(ask({ headers: { 'sec-fetch-site': 'same-site', accept: '*/*' } }))).toBe(403);
  expect(statusOf(ask({ headers: { 'sec-fetch-site': 'same-origin', accept: '*/*' } }))).toBe(200);
  expect(statusOf(ask({ headers: { 'sec-fetch-site': 'cross-site', accept: 'text/html,*/*' } }))).toBe(200);
});

test.for(['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"'])(
  'POST takes %s',
  (type) => {
    expect(statusOf(ask({ method: 'POST', headers: { 'content-type': type } }))).toBe(200);
  },
);

test.for([
  undefined,
  '',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/graphql',
  'application/graphql+json',
  'application/jsonp',
  'application/json; charset=utf-16',
  'text/plain, application/json',
  'application/json, text/plain',
])('POST does not take %s', (type) => {
  expect(statusOf(ask({ method: 'POST', headers: type === undefined ? {} : { 'content-type': type } }))).toBe(
    415,
  );
});

test('a compressed body is not taken', () => {
  expect(statusOf(ask({ method: 'POST', headers: { ...json, 'content-encoding': 'gzip' } }))).toBe(415);
  expect(statusOf(ask({ method: 'POST', headers: { ...json, 'content-encoding': 'identity' } }))).toBe(200);
});

test.for([
  ['1000', 200],
  ['1001', 413],
  ['1e3', 400],
  ['-1', 400],
  ['10, 10', 400],
] as const)('a body that says it is %s bytes long is answered %i', ([length, status]) => {
  expect(statusOf(ask({ method: 'POST', headers: { ...json, 'content-length': length } }))).toBe(status);
});

test.for([
  ['GET', '/graphql', 200],
  ['OPTIONS', '/graphql', 200],
  ['HEAD', '/graphql', 405],
  ['PUT', '/graphql', 405],
  ['TRACE', '/graphql', 405],
  ['GET', '/graphql/', 404],
  ['GET', '/%67raphql', 404],
  ['GET', '/graphql/../healthz', 404],
  ['GET', '/', 404],
  ['POST', '/webhooks/helpdesk/ws_1', 200],
  ['GET', '/webhooks/helpdesk/ws_1', 405],
  ['POST', '/webhooks/other/ws_1', 404],
  ['HEAD', '/healthz', 200],
  ['GET', '/readyz', 200],
  ['POST', '/readyz', 405],
] as const)('%s %s is answered %i', ([method, target, status]) => {
  expect(statusOf(ask({ method, target, headers: json }))).toBe(status);
});

test('probes and deliveries may ask for any host: they learn nothing and are trusted with nothing', () => {
  expect(statusOf(ask({ host: 'pod-1.cluster', target: '/healthz' }))).toBe(200);
  expect(
    statusOf(
      ask({ host: 'gateway.example.com', method: 'POST', target: '/webhooks/helpdesk/ws_1', headers: json }),
    ),
  ).toBe(200);
});

test('where the connection is not known, names count without their ports', () => {
  expect(statusOf(ask({ local: null, host: 'localhost:1234' }))).toBe(200);
  expect(statusOf(ask({ local: null, host: 'evil.example:1234' }))).toBe(421);
});
