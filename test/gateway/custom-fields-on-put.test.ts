import { expect, test } from 'vitest';
import { startGateway } from '../support/gateway.ts';

const mutation = `mutation ($id: ID!) {
  ticketUpdate(input: { id: $id, patch: { customFields: [{ field: { key: "seats" }, value: { number: 7 } }] } }) {
    ticket { customFields { field { key } raw } }
  }
}`;

test.for([
  ['merge', 'merge', 2],
  ['replace', 'replace', 2],
  // Not set, it is found out and mended, for a third call each time.
  ['replace', undefined, 3],
] as const)(
  'a backend whose PUT does %s, HELPDESK_CUSTOM_FIELDS_ON_PUT=%s: no value is lost, in %i calls to the ticket',
  async ([customFieldsOnPut, setting, calls]) => {
    await using gateway = await startGateway({
      sandbox: { tickets: 3, customFieldsOnPut },
      env: setting === undefined ? {} : { HELPDESK_CUSTOM_FIELDS_ON_PUT: setting },
    });
    const id = gateway.sandbox.tickets.all()[0]?.id ?? '';
    const seats = gateway.sandbox.ticketFields.byKey('seats')?.id;
    const before = gateway.sandbox.tickets.get(id)?.customFields ?? [];
    expect(before.length).toBeGreaterThan(5);
    const { errors } = await gateway.query(mutation, { id });
    expect(errors).toBeUndefined();
    // An entry without a value is none.
    const sorted = (values: typeof before) =>
      values.filter(({ value }) => value !== null).toSorted((a, b) => a.id.localeCompare(b.id));
    expect(sorted(gateway.sandbox.tickets.get(id)?.customFields ?? [])).toEqual(
      sorted(before.map((value) => (value.id === seats ? { ...value, value: 7 } : value))),
    );
    expect(gateway.calls.filter((call) => call.endsWith(`/tickets/${id}`))).toHaveLength(calls);
  },
);
