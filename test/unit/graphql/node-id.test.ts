import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backendKinds } from '../../../src/domain/backend.ts';
import { GatewayError } from '../../../src/domain/errors.ts';
import { decodeNodeId, encodeNodeId, nodeTypenames, parseIdArgument } from '../../../src/graphql/node-id.ts';

const plain = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,40}$/);

test('an id comes back from its global id as it went in, and no other text stands for it', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...backendKinds),
      fc.constantFrom(...nodeTypenames),
      plain,
      plain,
      (kind, typename, id, optionId) => {
        const whole = typename === 'TicketFieldOption' ? `${id}/${optionId}` : id;
        const encoded = encodeNodeId(kind, typename, whole);
        expect(decodeNodeId(encoded)).toEqual({ kind, typename, id: whole });
        expect(parseIdArgument(encoded, typename, ['id'], kind)).toBe(whole);
        for (const changed of [`${encoded}=`, ` ${encoded}`, encoded.slice(1), `${encoded}\n`]) {
          expect(decodeNodeId(changed)).toBeNull();
        }
      },
    ),
  );
});

test('a plain id is never taken for a global one', () => {
  fc.assert(
    fc.property(plain, (id) => {
      expect(decodeNodeId(id)).toBeNull();
      expect(parseIdArgument(id, 'Ticket', ['id'], 'HELPDESK')).toBe(id);
    }),
  );
});

test('whatever passes for an id is one path segment that means nothing to a path or a query', () => {
  const anything = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.base64String(), plain);
  fc.assert(
    fc.property(anything, fc.constantFrom(...nodeTypenames), (id, typename) => {
      let parsed: string | null = null;
      try {
        parsed = parseIdArgument(id, typename, ['id'], 'HELPDESK');
      } catch (error) {
        if (!(error instanceof GatewayError) || error.code !== 'BAD_USER_INPUT') throw error;
      }
      return parsed?.split('/').every((segment) => /^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(segment)) ?? true;
    }),
    { numRuns: 2000 },
  );
});

test.each(['opt_1', 'cf_1/opt_1', encodeNodeId('HELPDESK', 'TicketFieldOption', 'opt_1')])(
  'an option has no id without its field: %s',
  (id) => {
    expect(() => parseIdArgument(id, 'TicketFieldOption', ['input', 'id'], 'HELPDESK')).toThrow(
      expect.objectContaining({
        code: 'BAD_USER_INPUT',
        fields: [expect.objectContaining({ path: ['input', 'id'] })],
      }),
    );
  },
);
