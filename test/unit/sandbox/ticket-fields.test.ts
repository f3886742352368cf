import { describe, expect } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/sandbox.ts';
import { ask, errorOf, faultsOf, testWithSandbox } from './support.ts';

const test = testWithSandbox();

const create = (sandbox: Sandbox, ticketField: unknown) =>
  ask(sandbox, 'POST /ticket_fields', { body: { ticketField } });

describe('GET /ticket_fields', () => {
  test('has system fields first, then custom ones by position', async ({ sandbox }) => {
    const { body } = await ask(sandbox, 'GET /ticket_fields', { level: 'read' });
    const ids = body.ticketFields.map(({ id }) => id.replace(/_.*/, ''));
    expect(ids.join(' ')).toMatch(/^(system ){7}(cf ?){13}$/);
    const positions = body.ticketFields.map(({ position }) => position);
    expect(positions).toEqual(positions.toSorted((a, b) => a - b));
  });

  test.for(['asc', 'desc'])('keeps system fields first by title %s too', async (direction, { sandbox }) => {
    const { body } = await ask(sandbox, `GET /ticket_fields?sort_by=title&sort_order=${direction}`);
    const titles = (system: boolean) =>
      body.ticketFields.filter(({ id }) => id.startsWith('system_') === system).map(({ title }) => title);
    const sorted = (names: string[]) =>
      direction === 'asc' ? names.toSorted() : names.toSorted().toReversed();
    expect(body.ticketFields.findIndex(({ id }) => id.startsWith('cf_'))).toBe(7);
    expect(titles(true)).toEqual(sorted(titles(true)));
    expect(titles(false)).toEqual(sorted(titles(false)));
  });

  test('filters by active', async ({ sandbox }) => {
    const active = await ask(sandbox, 'GET /ticket_fields?active=true');
    const retired = await ask(sandbox, 'GET /ticket_fields?active=false');
    expect(active.body.ticketFields).toHaveLength(19);
    expect(retired.body.ticketFields.map(({ fieldKey }) => fieldKey)).toEqual(['legacy_reference']);
    expect(errorOf(await ask(sandbox, 'GET /ticket_fields?active=maybe'))).toBe('422 VALIDATION_ERROR');
  });

  test('pages without loss, whatever the size and order', async ({ sandbox }) => {
    for (const order of ['position', 'title', 'created_at']) {
      const ids: string[] = [];
      let next: string | null = `${sandbox.url}/ticket_fields?page_size=3&sort_by=${order}`;
      while (next !== null) {
        const { body } = await ask(sandbox, `GET ${next}`);
        ids.push(...body.ticketFields.map(({ id }) => id));
        ({ next } = body.links);
      }
      expect(ids.toSorted()).toEqual(sandbox.ticketFields.all().map(({ id }) => id).toSorted()); // prettier-ignore
    }
  });

  test('system and custom fields answer by id', async ({ sandbox }) => {
    for (const field of sandbox.ticketFields.all()) {
      expect((await ask(sandbox, `GET /ticket_fields/${field.id}`)).body.ticketField).toEqual(field);
    }
    expect(errorOf(await ask(sandbox, 'GET /ticket_fields/cf_none'))).toBe('404 NOT_FOUND');
  });
});

const extra = testWithSandbox({ systemFields: 'extra' });

extra('system fields can come on top of the first page', async ({ sandbox }) => {
  const first = await ask(sandbox, 'GET /ticket_fields?page_size=2');
  expect(first.body.ticketFields.map(({ id }) => id.startsWith('system_'))).toEqual([
    ...Array.from({ length: 7 }, () => true),
    false,
    false,
  ]);
  const second = await ask(sandbox, `GET ${first.body.links.next}`);
  expect(second.body.ticketFields.map(({ position }) => position)).toEqual([10, 11]);
});

describe('POST /ticket_fields', () => {
  test('makes a field with the options it was given', async ({ sandbox }) => {
    const answer = await create(sandbox, {
      title: 'Colour',
      type: 'dropdown',
      fieldKey: 'colour',
      options: [
        { label: 'Blue', value: 'blue', position: 2 },
        { label: 'Red', value: 'red', position: 1 },
      ],
    });
    expect(answer.status).toBe(201);
    expect(answer.body.ticketField).toMatchObject({
      id: expect.stringMatching(/^cf_/),
      title: 'Colour',
      fieldKey: 'colour',
      type: 'dropdown',
      active: true,
      requiredForAgents: false,
      position: 21,
      options: [{ value: 'red' }, { value: 'blue', id: expect.stringMatching(/^opt_/) }],
    });
  });

  test('has no options where the type has none', async ({ sandbox }) => {
    const { body } = await create(sandbox, { title: 'Note', type: 'text', fieldKey: 'note' });
    expect(body.ticketField.options).toBeNull();
  });

  test('names every fault at once', async ({ sandbox }) => {
    const answer = await create(sandbox, { type: 'colour', fieldKey: 'Not A Key', position: -1 });
    expect(errorOf(answer)).toBe('422 VALIDATION_ERROR');
    expect(faultsOf(answer)).toEqual({
      title: ['REQUIRED'],
      type: ['INVALID'],
      fieldKey: ['INVALID'],
      position: ['INVALID'],
    });
  });

  test.for([
    ['a pattern that is missing', { type: 'regex' }, { regexPattern: ['REQUIRED'] }],
    ['a pattern that is none', { type: 'regex', regexPattern: '(' }, { regexPattern: ['INVALID'] }],
    ['a default of another type', { type: 'number', defaultValue: 'many' }, { defaultValue: ['INVALID'] }],
    [
      'a default that is no option',
      { type: 'dropdown', defaultValue: 'b', options: [{ label: 'A', value: 'a' }] },
      { defaultValue: ['INVALID'] },
    ],
    ['a reserved key', { type: 'text', fieldKey: 'system_x' }, { fieldKey: ['INVALID'] }],
    [
      'an option without label',
      { type: 'dropdown', options: [{ value: 'a' }] },
      { 'options[0].label': ['REQUIRED'] },
    ],
  ] as const)('refuses %s', async ([, values, faults], { sandbox }) => {
    const answer = await create(sandbox, { title: 'T', fieldKey: 'k', ...values });
    expect(errorOf(answer)).toBe('422 VALIDATION_ERROR');
    expect(faultsOf(answer)).toEqual(faults);
  });

  test('answers CONFLICT to a key that is taken', async ({ sandbox }) => {
    const answer = await create(sandbox, { title: 'Plan again', type: 'text', fieldKey: 'plan' });
    expect(errorOf(answer)).toBe('409 CONFLICT');
    expect(faultsOf(answer)).toEqual({ fieldKey: ['DUPLICATE'] });
  });

  test.for([
    ['options on a text field', 'INVALID_FIELD_TYPE', { type: 'text', options: [] }, 422],
    [
      'equal values',
      'DUPLICATE_OPTION_VALUE',
      { type: 'multiselect', options: ['a', 'b', 'a'].map((value) => ({ label: value, value })) },
      409,
    ],
    [
      'more than 2,000 options',
      'TOO_MANY_OPTIONS',
      {
        type: 'dropdown',
        options: Array.from({ length: 2_001 }, (_, at) => ({ label: `${at}`, value: `${at}` })),
      },
      422,
    ],
  ] as const)('refuses %s with %s', async ([, code, values, status], { sandbox }) => {
    expect(errorOf(await create(sandbox, { title: 'T', fieldKey: 'k', ...values }))).toBe(
      `${status} ${code}`,
    );
  });
});

describe('PUT /ticket_fields/:id', () => {
  test('changes what is given, and null clears', async ({ sandbox }) => {
    const before = sandbox.ticketFields.byKey('order_number');
    const { body } = await ask(sandbox, `PUT /ticket_fields/${before?.id}`, {
      body: { ticketField: { title: 'Order', description: null, active: false } },
    });
    const { updatedAt } = body.ticketField;
    expect(body.ticketField).toEqual({
      ...before,
      title: 'Order',
      description: null,
      active: false,
      updatedAt,
    });
  });

  test('never changes type or key, and takes them where they are the same', async ({ sandbox }) => {
    const field = sandbox.ticketFields.byKey('plan');
    const put = (ticketField: unknown) =>
      ask(sandbox, `PUT /ticket_fields/${field?.id}`, { body: { ticketField } });
    expect(errorOf(await put({ type: 'text' }))).toBe('422 IMMUTABLE_FIELD');
    expect(faultsOf(await put({ fieldKey: 'other' }))).toEqual({ fieldKey: ['IMMUTABLE'] });
    expect((await put({ fieldKey: 'plan', type: 'dropdown', title: 'Tariff' })).status).toBe(200);
  });

  test('refuses a default that does not fit', async ({ sandbox }) => {
    const field = sandbox.ticketFields.byKey('plan');
    const answer = await ask(sandbox, `PUT /ticket_fields/${field?.id}`, {
      body: { ticketField: { defaultValue: 'platinum' } },
    });
    expect(faultsOf(answer)).toEqual({ defaultValue: ['INVALID'] });
  });
});

describe('system fields', () => {
  test.for(['PUT', 'DELETE'])('%s is SYSTEM_FIELD', async (method, { sandbox }) => {
    const answer = await ask(sandbox, `${method} /ticket_fields/system_status`, {
      ...(method === 'PUT' && { body: { ticketField: { title: 'x' } } }),
    });
    expect(errorOf(answer)).toBe('422 SYSTEM_FIELD');
  });

  test('keep their options', async ({ sandbox }) => {
    const answer = await ask(sandbox, 'POST /ticket_fields/system_status/options', {
      body: { option: { label: 'Asleep', value: 'asleep' } },
    });
    expect(errorOf(answer)).toBe('422 SYSTEM_FIELD');
  });
});

test('DELETE /ticket_fields/:id leaves the tickets’ values, whose definition is gone', async ({
  sandbox,
}) => {
  const id = sandbox.ticketFields.byKey('seats')?.id ?? '';
  expect((await ask(sandbox, `DELETE /ticket_fields/${id}`)).status).toBe(204);
  expect(errorOf(await ask(sandbox, `GET /ticket_fields/${id}`))).toBe('404 NOT_FOUND');
  expect(sandbox.tickets.all()[0]?.customFields.map((field) => field.id)).toContain(id);
});

describe('options', () => {
  test('are a resource of their own, in order of position', async ({ sandbox }) => {
    const id = sandbox.ticketFields.byKey('region')?.id ?? '';
    const path = `/ticket_fields/${id}/options`;
    const made = await ask(sandbox, `POST ${path}`, { body: { option: { label: 'Moon', value: 'moon' } } });
    expect(made.status).toBe(201);
    expect(made.body.option).toMatchObject({ label: 'Moon', value: 'moon', position: 5 });
    const one = `${path}/${made.body.option.id}`;
    expect((await ask(sandbox, `GET ${one}`, { level: 'read' })).body).toEqual(made.body);
    const moved = await ask(sandbox, `PUT ${one}`, { body: { option: { label: 'The Moon', position: 0 } } });
    expect(moved.body.option).toEqual({ ...made.body.option, label: 'The Moon', position: 0 });
    const list = await ask(sandbox, `GET ${path}?page_size=2`);
    expect(list.body.options.map(({ value }) => value)).toEqual(['moon', 'europe']);
    const rest = await ask(sandbox, `GET ${list.body.links.next}`);
    expect(rest.body.options.map(({ value }) => value)).toEqual(['americas', 'asia_pacific']);
    expect(sandbox.ticketFields.get(id)?.options?.map(({ value }) => value)[0]).toBe('moon');
    expect((await ask(sandbox, `DELETE ${one}`)).status).toBe(204);
    expect(errorOf(await ask(sandbox, `GET ${one}`))).toBe('404 NOT_FOUND');
  });

  test('have values that are unique within the field', async ({ sandbox }) => {
    const field = sandbox.ticketFields.byKey('region');
    const path = `/ticket_fields/${field?.id}/options`;
    const made = await ask(sandbox, `POST ${path}`, { body: { option: { label: 'E', value: 'europe' } } });
    expect(errorOf(made)).toBe('409 DUPLICATE_OPTION_VALUE');
    const free = sandbox.ticketFields.createOption(field?.id ?? '', { label: 'Moon', value: 'moon' });
    const renamed = await ask(sandbox, `PUT ${path}/${free.id}`, { body: { option: { value: 'europe' } } });
    expect(errorOf(renamed)).toBe('409 DUPLICATE_OPTION_VALUE');
    const same = await ask(sandbox, `PUT ${path}/${free.id}`, { body: { option: { value: 'moon' } } });
    expect(same.status).toBe(200);
  });

  test('are at most 2,000', async ({ sandbox }) => {
    const options = Array.from({ length: 2_000 }, (_, at) => ({ label: `${at}`, value: `${at}` }));
    const field = sandbox.ticketFields.create({ title: 'Many', type: 'dropdown', options });
    const answer = await ask(sandbox, `POST /ticket_fields/${field.id}/options`, {
      body: { option: { label: 'one more', value: 'more' } },
    });
    expect(errorOf(answer)).toBe('422 TOO_MANY_OPTIONS');
  });

  test.for(['DELETE', 'PUT'])('cannot vanish by %s while a ticket uses them', async (method, { sandbox }) => {
    for (const key of ['region', 'affected_areas']) {
      const field = sandbox.ticketFields.byKey(key);
      const option = field?.options?.[0];
      const value = field?.type === 'multiselect' ? [option?.value ?? ''] : (option?.value ?? '');
      sandbox.tickets.create({ subject: 'User', customFields: [{ id: field?.id ?? '', value }] });
      const answer = await ask(sandbox, `${method} /ticket_fields/${field?.id}/options/${option?.id}`, {
        ...(method === 'PUT' && { body: { option: { value: 'renamed' } } }),
      });
      expect(errorOf(answer)).toBe('422 OPTION_IN_USE');
    }
  });

  test('do not exist on fields of other types', async ({ sandbox }) => {
    const path = `/ticket_fields/${sandbox.ticketFields.byKey('seats')?.id}/options`;
    expect(errorOf(await ask(sandbox, `GET ${path}`))).toBe('422 INVALID_FIELD_TYPE');
    const made = await ask(sandbox, `POST ${path}`, { body: { option: { label: 'x', value: 'x' } } });
    expect(errorOf(made)).toBe('422 INVALID_FIELD_TYPE');
  });
});
