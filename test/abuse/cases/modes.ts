import { createPublicKey } from 'node:crypto';
import { SignJWT, type JWTPayload } from 'jose';
import { encodeNodeId } from '../../../src/graphql/node-id.ts';
import { audience, issuerName } from '../../support/issuer.ts';
import type { RequestCase } from '../case.ts';
import { trustedId, type Targets } from '../target.ts';

/*
 * What modes of calling refuse in which the gateway holds the key. To add a mode, add a gateway to `target.ts`, and its
 * rows here.
 */

/** An answer that holds nothing of the workspace. */
const without = /tkt_|nodes"|gwt_|eyJ/;
const nobody = { status: 401, code: 'INVALID_API_KEY', without } as const;
const tooLow = {
  status: 200,
  code: 'INSUFFICIENT_API_PERMISSION',
  without: /targetUrl"|deletedId"|whsec_/,
} as const;
const elsewhere = { status: 403, code: 'INSUFFICIENT_API_PERMISSION', without } as const;

const bodyOf = {
  strict: { query: '{ tickets(first: 1) { nodes { localId } } }' },
  listed: { documentId: trustedId('TicketsPage'), variables: { first: 1 } },
} as const;

type Mode = keyof typeof bodyOf;
const modes: readonly Mode[] = ['strict', 'listed'];

const inBoth: readonly RequestCase[] = modes.flatMap((at): readonly RequestCase[] => {
  const body = bodyOf[at];
  const by = at === 'strict' ? 'a token that was handed out' : 'a token of an issuer';
  const row = (name: string, more: Pick<RequestCase, 'headers' | 'expected'> & Partial<RequestCase>) => ({
    name: `${name}, where ${by} is asked for`,
    at,
    as: null,
    body,
    ...more,
  });
  return [
    row('the right one, which is answered', { as: 'read', expected: { status: 200, code: null } }),
    row('nothing', { expected: nobody }),
    row('a workspace alone', {
      headers: ({ sandbox }) => ({ 'x-workspace-id': sandbox.workspaceId }),
      expected: nobody,
    }),
    ...(['read', 'admin'] as const).map((level) =>
      row(`the helpdesk’s own key of level ${level}`, {
        headers: ({ sandbox }) => ({
          authorization: `Bearer ${sandbox.keys[level]}`,
          'x-workspace-id': sandbox.workspaceId,
        }),
        expected: nobody,
      }),
    ),
    row('the helpdesk’s own key in the other header', {
      headers: ({ sandbox }) => ({
        'x-api-key': sandbox.keys.admin,
        'x-workspace-id': sandbox.workspaceId,
      }),
      expected: nobody,
    }),
    row('one that has expired', {
      headers: ({ expired }) => ({ authorization: `Bearer ${expired ?? ''}` }),
      expected: { status: 401, code: 'TOKEN_EXPIRED', without },
    }),
    row('the right one and a character more', {
      headers: ({ credentials }) => ({ authorization: `${credentials.read['authorization'] ?? ''}x` }),
      expected: nobody,
    }),
    row('one of 10,000 characters', {
      headers: { authorization: `Bearer ${'t'.repeat(10_000)}` },
      expected: nobody,
    }),
    row('another workspace', { as: 'admin', headers: { 'x-workspace-id': 'ws_other' }, expected: elsewhere }),
    row('a workspace that every object has', {
      as: 'admin',
      headers: { 'x-workspace-id': '__proto__' },
      expected: elsewhere,
    }),
    row('a workspace spelt otherwise', {
      as: 'admin',
      headers: ({ sandbox }) => ({ 'x-workspace-id': sandbox.workspaceId.toUpperCase() }),
      expected: elsewhere,
    }),
  ];
});

const webhookId = encodeNodeId('HELPDESK', 'Webhook', 'whk_1');

/** The gateway's key may do anything: nothing but the level of the token keeps anybody from it. */
const below: readonly RequestCase[] = [
  ['a write', 'read', 'mutation { ticketDelete(input: { id: "tkt_1" }) { deletedId } }'],
  [
    'a write by another name, in a fragment',
    'read',
    'mutation { ...F } fragment F on Mutation { a: ticketDelete(input: { id: "tkt_1" }) { deletedId } }',
  ],
  [
    'a webhook that would be made',
    'write',
    'mutation { webhookDelete(input: { id: "whk_1" }) { deletedId } }',
  ],
  ['webhooks', 'write', '{ webhooks(first: 1) { nodes { targetUrl } } }'],
  [
    'webhooks by another name, in a fragment',
    'write',
    'query { ...F } fragment F on Query { w: webhooks(first: 1) { nodes { targetUrl } } }',
  ],
  ['one webhook', 'read', '{ webhook(id: "whk_1") { targetUrl } }'],
].map(([what = '', as = '', query = '']) => ({
  name: `${what}, with a token of level ${as}`,
  at: 'strict' as const,
  as: as === 'read' ? ('read' as const) : ('write' as const),
  body: { query },
  expected: tooLow,
}));

const byId: readonly RequestCase[] = [
  ['node', `{ node(id: "${webhookId}") { ... on Webhook { targetUrl } } }`],
  ['nodes', `{ nodes(ids: ["${webhookId}"]) { ... on Webhook { targetUrl } } }`],
].map(([field = '', query = '']) => ({
  name: `a webhook by \`${field}\`, with a token of level write`,
  at: 'strict' as const,
  as: 'write' as const,
  body: { query },
  expected: tooLow,
}));

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const claimsOf = ({ sandbox }: Targets): JWTPayload => ({
  iss: issuerName,
  aud: audience,
  workspace: sandbox.workspaceId,
  level: 'ADMIN',
  sub: 'mallory',
  exp: Math.floor(Date.now() / 1000) + 300,
});

const forgeries: readonly (readonly [string, (all: Targets) => Promise<string> | string])[] = [
  [
    'one that nobody signed',
    (all) => `${base64url({ alg: 'none', typ: 'JWT' })}.${base64url(claimsOf(all))}.`,
  ],
  [
    'one with the signature of another',
    async (all) => {
      const [header, , signature] = (await all.issuer.sign()).split('.');
      return `${header}.${base64url(claimsOf(all))}.${signature}`;
    },
  ],
  [
    'one that is signed with the published key as if it were a secret',
    (all) => {
      const { kid, published } = all.issuer.key;
      const secret = createPublicKey({ key: { ...published }, format: 'jwk' }).export({
        type: 'spki',
        format: 'pem',
      });
      return new SignJWT(claimsOf(all))
        .setProtectedHeader({ alg: 'HS256', kid })
        .sign(new TextEncoder().encode(secret));
    },
  ],
  [
    'one that brings its own key',
    (all) => all.issuer.sign(claimsOf(all), { header: { kid: 'mine', jwk: all.issuer.key.published } }),
  ],
  ['one of another issuer', (all) => all.issuer.sign({ ...claimsOf(all), iss: 'https://evil.example/' })],
  ['one for another service', (all) => all.issuer.sign({ ...claimsOf(all), aud: 'billing' })],
  ['one that never ends', (all) => all.issuer.sign({}, { lastsS: null })],
];

const forged: readonly RequestCase[] = forgeries.map(([name, make]) => ({
  name: `${name}, where a token of an issuer is asked for`,
  at: 'listed',
  as: null,
  body: bodyOf.listed,
  headers: async (_target, all) => ({ authorization: `Bearer ${await make(all)}` }),
  expected: nobody,
}));

const ofWorkspaces: readonly RequestCase[] = [
  {
    name: 'one for another workspace, where a token of an issuer is asked for',
    at: 'listed',
    as: null,
    body: bodyOf.listed,
    headers: async ({ sandbox }, all) => ({
      authorization: `Bearer ${await all.issuer.sign({ ...claimsOf(all), workspace: 'ws_other' })}`,
      'x-workspace-id': sandbox.workspaceId,
    }),
    expected: elsewhere,
  },
];

export const modeCases: readonly RequestCase[] = [...inBoth, ...below, ...byId, ...forged, ...ofWorkspaces];
