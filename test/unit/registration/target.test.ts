import { expect, test } from 'vitest';
import { receiverUrl, sameTarget, webhookName } from '../../../src/registration/target.ts';

const target = 'https://gateway.example.com/webhooks/helpdesk/ws_1';

test('the backend’s kind and the workspace are in the path', () => {
  expect(receiverUrl('https://gateway.example.com', 'HELPDESK', 'ws_1')).toBe(target);
  expect(receiverUrl('https://example.com/gateway', 'HELP_SCOUT', 'a.b')).toBe(
    'https://example.com/gateway/webhooks/help_scout/a.b',
  );
});

test.for([
  [target, true],
  [`${target}/`, true],
  ['https://GATEWAY.Example.com/webhooks/helpdesk/ws_1', true],
  ['https://gateway.example.com:443/webhooks/helpdesk/ws_1', true],
  ['http://gateway.example.com/webhooks/helpdesk/ws_1', false],
  ['https://gateway.example.com:8443/webhooks/helpdesk/ws_1', false],
  ['https://gateway.example.com/webhooks/helpdesk/WS_1', false],
  ['https://gateway.example.com/webhooks/helpdesk/ws_11', false],
  [`${target}?to=elsewhere`, false],
  ['https://gateway.example.com.evil.example/webhooks/helpdesk/ws_1', false],
  ['nowhere', false],
  ['', false],
] as const)('%s is our receiver: %s', ([other, same]) => {
  expect(sameTarget(target, other)).toBe(same);
});

test('two that are no addresses are not the same', () => {
  expect(sameTarget('nowhere', 'nowhere')).toBe(false);
});

test('the name says which gateway made it', () => {
  expect(webhookName(target)).toBe('GraphQL gateway at gateway.example.com');
});
