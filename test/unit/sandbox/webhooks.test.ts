import { describe, expect } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/sandbox.ts';
import { ask, errorOf, faultsOf, testWithSandbox } from './support.ts';

const test = testWithSandbox({ tickets: 3 });

const valid = { name: 'Ours', targetUrl: 'https://hooks.example.com/in', events: ['ticket.created'] };
const create = (sandbox: Sandbox, webhook: unknown) => ask(sandbox, 'POST /webhooks', { body: { webhook } });

describe('webhooks over REST', () => {
  test('show their secret in the answer to the creation and never again', async ({ sandbox }) => {
    const made = await create(sandbox, valid);
    expect(made.status).toBe(201);
    const { signingSecret, ...shown } = made.body.webhook;
    expect(signingSecret).toMatch(/^whsec_[A-Za-z0-9+/]{32}$/);
    expect(shown).toEqual({
      ...valid,
      id: expect.stringMatching(/^whk_/),
      active: true,
      createdAt: expect.any(String),
      updatedAt: shown.createdAt,
    });
    expect((await ask(sandbox, `GET /webhooks/${shown.id}`)).body.webhook).toEqual(shown);
    expect((await ask(sandbox, 'GET /webhooks')).body.webhooks).toEqual([shown]);
    const changed = await ask(sandbox, `PUT /webhooks/${shown.id}`, { body: { webhook: { active: false } } });
    expect(changed.body.webhook).toEqual({
      ...shown,
      active: false,
      updatedAt: changed.body.webhook.updatedAt,
    });
    expect((await ask(sandbox, `DELETE /webhooks/${shown.id}`)).status).toBe(204);
    expect(errorOf(await ask(sandbox, `GET /webhooks/${shown.id}`))).toBe('404 NOT_FOUND');
  });

  test('page like other lists', async ({ sandbox }) => {
    for (let at = 0; at < 5; at += 1) await create(sandbox, { ...valid, name: `No ${at}` });
    const first = await ask(sandbox, 'GET /webhooks?page_size=3');
    const second = await ask(sandbox, `GET ${first.body.links.next}`);
    const names = [...first.body.webhooks, ...second.body.webhooks].map(({ name }) => name);
    expect(names.toSorted()).toEqual(['No 0', 'No 1', 'No 2', 'No 3', 'No 4']);
    expect(second.body.links.next).toBeNull();
  });

  test.for([
    ['nothing', {}, { name: ['REQUIRED'], targetUrl: ['REQUIRED'], events: ['REQUIRED'] }],
    ['no events', { ...valid, events: [] }, { events: ['REQUIRED'] }],
    [
      'unknown events',
      { ...valid, events: ['ticket.created', 'ticket.eaten'] },
      { 'events[1]': ['INVALID'] },
    ],
    ['plain HTTP', { ...valid, targetUrl: 'http://hooks.example.com/' }, { targetUrl: ['INVALID'] }],
    ['plain HTTP on loopback', { ...valid, targetUrl: 'http://127.0.0.1:1/' }, { targetUrl: ['INVALID'] }],
    ['no URL', { ...valid, targetUrl: 'here' }, { targetUrl: ['INVALID'] }],
  ] as const)('with %s are refused', async ([, webhook, faults], { sandbox }) => {
    const answer = await create(sandbox, webhook);
    expect(errorOf(answer)).toBe('422 VALIDATION_ERROR');
    expect(faultsOf(answer)).toEqual(faults);
  });
});

const lenient = testWithSandbox({ tickets: 0, httpTargets: true });

lenient('targets on loopback may be plain HTTP where that option is chosen', async ({ sandbox }) => {
  expect((await create(sandbox, { ...valid, targetUrl: 'http://localhost:8080/hook' })).status).toBe(201);
  const elsewhere = await create(sandbox, { ...valid, targetUrl: 'http://hooks.example.com/' });
  expect(faultsOf(elsewhere)).toEqual({ targetUrl: ['INVALID'] });
});
