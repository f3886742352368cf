import { expect } from 'vitest';
import { openRaw, subscribe } from '../../unit/http/raw-socket.ts';
import type { AbuseCase, RequestCase } from '../case.ts';
import { connectionParams, credentials } from '../target.ts';
import { head, openWire, postHead, statusOf } from '../wire.ts';

/*
 * Who gets in: to add a mode of calling, add what it must refuse. Each request is sent with a query that callers who may
 * ask are answered, on every path.
 */

const body = { query: '{ tickets(first: 1) { nodes { localId } } }' };
/** An answer that holds nothing of the workspace. */
const without = /tkt_|nodes"/;
const nobody = { status: 401, code: 'INVALID_API_KEY', without } as const;

export const callerRequests: readonly RequestCase[] = [
  { name: 'no key', as: null, body, expected: nobody },
  {
    name: 'no key, and a workspace',
    as: null,
    headers: ({ sandbox }) => ({ 'x-workspace-id': sandbox.workspaceId }),
    body,
    expected: nobody,
  },
  {
    name: 'a key that nobody has',
    as: null,
    headers: ({ sandbox }) => ({ authorization: 'Bearer hd_nobody', 'x-workspace-id': sandbox.workspaceId }),
    body,
    expected: { status: 200, code: 'INVALID_API_KEY', without },
  },
  {
    name: 'the right key with one character more',
    headers: (target) => ({
      ...credentials(target),
      authorization: `${credentials(target)['authorization'] ?? ''}x`,
    }),
    body,
    expected: { status: 200, code: 'INVALID_API_KEY', without },
  },
  {
    name: 'a key of 10,000 characters',
    as: null,
    headers: ({ sandbox }) => ({
      authorization: `Bearer ${'k'.repeat(10_000)}`,
      'x-workspace-id': sandbox.workspaceId,
    }),
    body,
    expected: nobody,
  },
  {
    name: 'a key, and no workspace',
    as: null,
    headers: ({ sandbox }) => ({ authorization: `Bearer ${sandbox.keys.read}` }),
    body,
    expected: { status: 400, code: 'MISSING_WORKSPACE', without },
  },
  {
    name: 'a key with somebody else’s workspace',
    headers: { 'x-workspace-id': 'ws_other' },
    body,
    expected: { status: 200, code: 'INSUFFICIENT_API_PERMISSION', without },
  },
  {
    name: 'a workspace that would be a path',
    headers: { 'x-workspace-id': '../ws' },
    body,
    expected: { status: 400, code: 'MISSING_WORKSPACE', without },
  },
  {
    name: 'a user and a password',
    as: null,
    headers: ({ sandbox }) => ({
      authorization: `Basic ${btoa(`x:${sandbox.keys.read}`)}`,
      'x-workspace-id': sandbox.workspaceId,
    }),
    body,
    expected: nobody,
  },
  {
    name: 'a key that stands in the query string',
    as: null,
    method: 'GET',
    body,
    headers: ({ sandbox }) => ({ cookie: `authorization=Bearer ${sandbox.keys.read}` }),
    expected: nobody,
  },
  {
    name: 'a write with a key that may only read',
    as: 'read',
    body: { query: 'mutation { ticketCreate(input: { subject: "x" }) { ticket { id } } }' },
    expected: { status: 200, code: 'INSUFFICIENT_API_PERMISSION', without },
  },
  {
    name: 'webhooks with a key that may only write',
    as: 'write',
    body: { query: '{ webhooks(first: 1) { nodes { id } } }' },
    expected: { status: 200, code: 'INSUFFICIENT_API_PERMISSION', without },
  },
  {
    name: 'a page of a foreign origin',
    only: 'HTTP',
    headers: { origin: 'https://evil.example' },
    body,
    expected: { status: 403, code: 'ORIGIN_NOT_ALLOWED', without },
  },
  {
    name: 'a page elsewhere that embeds a query',
    method: 'GET',
    headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
    body,
    expected: { status: 403, code: 'ORIGIN_NOT_ALLOWED', without },
  },
];

export const callerCases: readonly AbuseCase[] = [
  {
    name: 'a name that was made to point here is no name of the gateway',
    async run(target) {
      await using wire = await openWire(target);
      wire.write(head(target, 'GET /graphql?query={__typename}').replace(/Host: .*/, 'Host: evil.example'));
      expect(await statusOf(wire)).toBe(421);
    },
  },
  {
    name: 'of two keys in two headers the second counts for nothing',
    async run(target) {
      await using wire = await openWire(target);
      const query = '{"query":"{ tickets(first: 1) { nodes { localId } } }"}';
      wire.write(
        `${postHead(target, 'Authorization: Bearer other', `Content-Length: ${query.length}`)}${query}`,
      );
      // node:http keeps the first, and that one is the caller's.
      expect(await statusOf(wire)).toBe(200);
      expect(wire.text).toContain('tkt_');
    },
  },
  {
    name: 'a line break in a key starts no header of its own',
    async run(target) {
      await using wire = await openWire(target);
      wire.write(head(target, 'GET /graphql?query={__typename}', 'X-Api-Key: a\r\n\tX-Workspace-Id: b'));
      expect(await statusOf(wire)).toBe(400);
    },
  },
  {
    name: 'a socket without a key is closed with 4403',
    async run(target) {
      await using socket = await openRaw(target, null);
      socket.send({ type: 'connection_init' });
      expect(await socket.closed).toMatchObject({ code: 4403, reason: 'INVALID_API_KEY' });
    },
  },
  {
    name: 'a socket with a key that nobody has is closed with 4403 once that is known',
    async run(target) {
      const params = { ...connectionParams(target), authorization: 'Bearer hd_nobody' };
      await using socket = await openRaw(target, params);
      socket.send(subscribe('1', body.query));
      expect(await socket.closed).toMatchObject({ code: 4403 });
      expect(JSON.stringify(socket.received)).not.toContain('tkt_');
    },
  },
  {
    name: 'a subscription with a key that nobody has hears nothing',
    async run(target) {
      const params = { ...connectionParams(target), authorization: 'Bearer hd_nobody' };
      await using socket = await openRaw(target, params);
      socket.send(subscribe('1', 'subscription { ticketEvents { __typename } }'));
      expect(await socket.closed).toMatchObject({ code: 4403 });
      expect(JSON.stringify(socket.received)).not.toContain('StreamReady');
    },
  },
  {
    name: 'an operation before connection_init closes with 4401',
    async run(target) {
      await using socket = await openRaw(target, null);
      socket.send(subscribe('1', body.query));
      expect(await socket.closed).toMatchObject({ code: 4401 });
    },
  },
  {
    name: 'a page of a foreign origin gets no socket',
    async run(target) {
      await using wire = await openWire(target);
      wire.write(
        head(
          target,
          'GET /graphql',
          'Origin: https://evil.example',
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        ),
      );
      expect(await statusOf(wire)).toBe(403);
    },
  },
];
