import type { Random } from './random.ts';
import type { CustomFieldRow, OptionValues, TicketFieldRow, TicketFieldValues } from './rows.ts';
import { agents } from './people.ts';

type NewField = TicketFieldValues & { readonly title: string };

const choices = (...labels: readonly string[]): OptionValues[] =>
  labels.map((label) => ({ label, value: label.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_') }));

/** The custom fields every workspace has: each of the nine types, twelve in use and one that is retired. */
export const customFields: readonly NewField[] = [
  { title: 'Order number', type: 'text', description: 'As printed on the invoice' },
  {
    title: 'Plan',
    type: 'dropdown',
    options: choices('Free', 'Starter', 'Team', 'Enterprise'),
    defaultValue: 'free',
    requiredForAgents: true,
  },
  {
    title: 'Affected areas',
    type: 'multiselect',
    options: choices('Billing', 'Login', 'Exports', 'Mobile app', 'Integrations', 'Reports'),
  },
  { title: 'Seats', type: 'number', description: 'Licences the customer pays for' },
  { title: 'Refund amount', type: 'decimal', visibleToEndUsers: false, editableByEndUsers: false },
  {
    title: 'VIP',
    type: 'checkbox',
    defaultValue: false,
    visibleToEndUsers: false,
    editableByEndUsers: false,
  },
  { title: 'Renewal date', type: 'date' },
  {
    title: 'Serial number',
    type: 'regex',
    regexPattern: '[A-Z]{3}-\\d{4}',
    description: 'Three capitals, a dash, four digits',
  },
  { title: 'Internal notes', type: 'textarea', visibleToEndUsers: false, editableByEndUsers: false },
  { title: 'Region', type: 'dropdown', options: choices('Europe', 'Americas', 'Asia Pacific', 'Africa') },
  { title: 'App version', type: 'text' },
  {
    title: 'Contacts before',
    type: 'number',
    description: 'How often the customer wrote about this earlier',
    requiredForEndUsers: true,
  },
  { title: 'Legacy reference', type: 'text', active: false },
];

/** Which value a ticket might have of each of `customFields`, by its key. */
const values: Readonly<Record<string, (random: Random, until: number) => CustomFieldRow['value']>> = {
  order_number: (random) => `SO-${10_000 + random.below(90_000)}`,
  plan: (random) => random.pick(['free', 'starter', 'team', 'team', 'enterprise']),
  affected_areas: (random) =>
    random.some(
      ['billing', 'login', 'exports', 'mobile_app', 'integrations', 'reports'],
      1 + random.below(2),
    ),
  seats: (random) => 1 + random.below(400),
  refund_amount: (random) => random.below(25_000) / 100,
  vip: (random) => random.chance(0.1),
  renewal_date: (random, until) =>
    new Date(until + random.below(365) * 86_400_000).toISOString().slice(0, 10),
  serial_number: (random) => `${random.pick(['KLM', 'QRX', 'TBD', 'ZNA'])}-${1_000 + random.below(9_000)}`,
  internal_notes: (random) =>
    random.pick([
      'Called back, no answer.',
      'Waiting for the vendor.',
      'Known issue, fix is planned.\nTell the customer when it ships.',
    ]),
  region: (random) => random.pick(['europe', 'americas', 'asia_pacific', 'africa']),
  app_version: (random) => `${2 + random.below(3)}.${random.below(12)}.${random.below(9)}`,
  contacts_before: (random) => random.below(6),
};

/** Values of these fields; now and then one is empty, but never of a required field. */
export function customFieldValues(
  fields: readonly TicketFieldRow[],
  random: Random,
  until: number,
): CustomFieldRow[] {
  return fields.map((field) => {
    const empty = !field.requiredForAgents && random.chance(0.08);
    return { id: field.id, value: empty ? null : (values[field.fieldKey]?.(random, until) ?? null) };
  });
}

const systemField = (
  key: string,
  title: string,
  type: TicketFieldRow['type'],
  position: number,
  options: readonly OptionValues[] | null,
): Omit<TicketFieldRow, 'createdAt' | 'updatedAt'> => ({
  id: `system_${key}`,
  title,
  fieldKey: key,
  type,
  position,
  active: true,
  requiredForAgents: key === 'subject',
  requiredForEndUsers: key === 'subject',
  visibleToEndUsers: true,
  editableByEndUsers: key === 'subject' || key === 'requester',
  options:
    options?.map((option, at) => ({ id: `opt_${key}_${at + 1}`, ...option, position: at + 1 })) ?? null,
});

/** The fields that are part of every ticket. */
export const systemFields: readonly Omit<TicketFieldRow, 'createdAt' | 'updatedAt'>[] = [
  systemField('subject', 'Subject', 'text', 1, null),
  systemField('status', 'Status', 'dropdown', 2, choices('New', 'Open', 'Pending', 'Resolved', 'Closed')),
  systemField('priority', 'Priority', 'dropdown', 3, choices('Low', 'Normal', 'High', 'Urgent')),
  systemField('type', 'Type', 'dropdown', 4, choices('Question', 'Incident', 'Problem', 'Task')),
  systemField(
    'assignee',
    'Assignee',
    'dropdown',
    5,
    agents.map(({ id, name }) => ({ label: name, value: id })),
  ),
  systemField('requester', 'Requester', 'text', 6, null),
  systemField('tags', 'Tags', 'multiselect', 7, []),
];
