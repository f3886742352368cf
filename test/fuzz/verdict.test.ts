import { expect, test } from 'vitest';
import { faultOf } from './verdict.ts';

const error = {
  message: 'Not an id.',
  locations: [{ line: 1, column: 1 }],
  path: ['ticket'],
  extensions: {
    code: 'BAD_USER_INPUT',
    category: 'INPUT',
    origin: 'GATEWAY',
    retryable: false,
    retryAfterMs: null,
    fields: [{ path: ['id'], code: 'INVALID', message: 'Not an id.', sourceKey: null }],
    backend: null,
    traceId: '0'.repeat(32),
  },
};
const answer = { errors: [error], data: { ticket: null }, extensions: {} };

test('an answer of the documented form has no fault', () => {
  expect(faultOf(JSON.stringify(answer))).toBeNull();
  expect(faultOf(JSON.stringify([error]), 'ERRORS')).toBeNull();
  expect(faultOf('{"data":{"__typename":"Query"}}')).toBeNull();
});

test.for([
  [
    'a defect',
    { ...answer, errors: [{ ...error, extensions: { ...error.extensions, code: 'INTERNAL_SERVER_ERROR' } }] },
  ],
  ['a stack', { ...answer, errors: [{ ...error, message: 'x\n    at f (a.ts:1:1)' }] }],
  ['a path of the program', { ...answer, errors: [{ ...error, message: 'in /app/src/http/x.ts' }] }],
  ['a text of JavaScript', { ...answer, errors: [{ ...error, message: 'Cannot read properties of null' }] }],
  ['an error without a code', { ...answer, errors: [{ message: 'x' }] }],
  ['no errors in a list', { ...answer, errors: [] }],
  ['a member that is not documented', { ...answer, stack: '' }],
] as const)('%s is a fault', ([, given]) => {
  expect(faultOf(JSON.stringify(given))).not.toBeNull();
});

test('what is no JSON is a fault', () => {
  expect(faultOf('<html>')).not.toBeNull();
});
