import { expect, test } from 'vitest';
import { clientOf, createClientAddress } from '../../../src/http/client.ts';

const named = (name: string) => (header: string) => (header === 'x-client-id' ? name : null);
const nameless = () => null;
const peer = { address: '10.0.0.1', connection: '7' };

test('a client is known by the name it gives itself', () => {
  expect(clientOf(named('web-1'), 'ip:10.0.0.1', null)).toBe('id:web-1');
  expect(clientOf(named('x'.repeat(128)), 'ip:10.0.0.1', null)).toBe(`id:${'x'.repeat(128)}`);
});

test.for(['', 'x'.repeat(129), 'two words', 'line\nbreak', 'ü', '\u0000'])(
  'what cannot be a name is none: %j',
  (name) => {
    expect(clientOf(named(name), 'ip:10.0.0.1', null)).toBe('ip:10.0.0.1');
  },
);

test('whoever a token tells apart takes one turn, whatever name it gives itself', () => {
  const caller = { endUser: 'hash' };
  expect(clientOf(named('web-1'), 'ip:10.0.0.1', caller)).toBe('user:hash');
  expect(clientOf(named('web-2'), 'ip:10.0.0.2', caller)).toBe('user:hash');
  expect(clientOf(named('user:hash'), 'ip:10.0.0.2', { endUser: null })).toBe('id:user:hash');
});

test('no name can pass for another client’s address', () => {
  const address = createClientAddress(0)(peer, null);
  expect(clientOf(nameless, address, null)).toBe('ip:10.0.0.1');
  expect(clientOf(named('ip:10.0.0.1'), 'ip:10.9.9.9', null)).not.toBe(address);
});

test('without a proxy to trust, X-Forwarded-For is anybody’s word', () => {
  expect(createClientAddress(0)(peer, '203.0.113.5')).toBe('ip:10.0.0.1');
});

test.for([
  [1, '203.0.113.5', 'ip:203.0.113.5'],
  [1, '1.1.1.1, 203.0.113.5', 'ip:203.0.113.5'],
  [2, '1.1.1.1, 203.0.113.5, 10.0.0.9', 'ip:203.0.113.5'],
  [2, '203.0.113.5', 'ip:203.0.113.5'],
  [1, null, 'ip:10.0.0.1'],
  [1, '', 'ip:10.0.0.1'],
  [1, '203.0.113.5, unknown', 'ip:10.0.0.1'],
  [2, 'nonsense, 10.0.0.9', 'ip:10.0.0.9'],
  [1, '203.0.113.5:4711', 'ip:203.0.113.5'],
  [1, '[2001:DB8::1]:4711', 'ip:2001:db8::1'],
  [1, '2001:db8:0:0::1', 'ip:2001:db8::1'],
  [1, '::ffff:203.0.113.5', 'ip:203.0.113.5'],
  [1, 'fe80::1%eth0', 'ip:fe80::1'],
] as const)('behind %i proxies, %j comes from %s', ([proxies, forwardedFor, expected]) => {
  expect(createClientAddress(proxies)(peer, forwardedFor)).toBe(expected);
});

test('a client without an address is its connection', () => {
  const addressOf = createClientAddress(1);
  expect(addressOf({ address: null, connection: '7' }, null)).toBe('connection:7');
  expect(addressOf({ address: null, connection: '7' }, '203.0.113.5')).toBe('ip:203.0.113.5');
});

test('an IPv4 client is one client, whichever way the socket spells it', () => {
  const addressOf = createClientAddress(0);
  expect(addressOf({ address: '::ffff:127.0.0.1', connection: '1' }, null)).toBe('ip:127.0.0.1');
});
