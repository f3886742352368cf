import type { BackendKind } from '../../domain/backend.ts';
import { badInput } from '../../domain/errors.ts';
import { compareInstants } from '../../domain/instant.ts';
import type { CustomFieldValue } from '../../domain/ticket.ts';
import { builder } from '../builder.ts';
import type { GatewayContext } from '../context.ts';
import { addressOf, type TimeSpan, type WantedTickets } from '../lists/ticket-match.ts';
import { parseIdArgument } from '../node-id.ts';
import { CustomFieldInput } from './custom-field-input.ts';
import {
  DirectionEnum,
  knownValue,
  TicketOrderFieldEnum,
  TicketPriorityEnum,
  TicketStatusEnum,
  TicketTypeEnum,
} from './enums.ts';
import { customFieldValues } from './inputs/custom-field-values.ts';
import { createFaults } from './inputs/faults.ts';

const TimeRange = builder.inputType('TimeRange', {
  description: 'A stretch of time; an end that is left out is open.',
  fields: (t) => ({
    from: t.field({ type: 'DateTime', description: 'The first instant in it.' }),
    before: t.field({ type: 'DateTime', description: 'The first instant after it.' }),
  }),
});

const scanned = 'Where the backend cannot filter by it, with `scan` only.';

export const TicketFilterInput = builder.inputType('TicketFilter', {
  description:
    'Which tickets to list; all members must hold. `backend.pushdownFilters` names the members that the backend applies itself, one value of each; of these, several values make a list for each combination, up to 6, which are merged in exact order (CREATED_AT and UPDATED_AT). Anything else is FILTER_NOT_SUPPORTED, never a wrong list, unless `scan` says how much may be read to find it.',
  fields: (t) => ({
    status: t.field({ type: [TicketStatusEnum], description: 'Any of these statuses.' }),
    priority: t.field({ type: [TicketPriorityEnum], description: 'Any of these priorities.' }),
    assigneeId: t.idList({
      description: 'Given to any of these agents (global ids or the backend’s own).',
    }),
    unassigned: t.boolean({ description: `Given to nobody (true) or somebody (false). ${scanned}` }),
    type: t.field({ type: [TicketTypeEnum], description: `Of any of these types. ${scanned}` }),
    tagsAll: t.stringList({ description: `Having all these tags, letter by letter. ${scanned}` }),
    requesterEmail: t.string({
      description: `Asked by this address, in capitals or small letters. ${scanned}`,
    }),
    createdAt: t.field({ type: TimeRange, description: `Created in this time. ${scanned}` }),
    updatedAt: t.field({ type: TimeRange, description: `Last changed in this time. ${scanned}` }),
    customFields: t.field({
      type: [CustomFieldInput],
      description: `Having all these values, each field once: of a MULTISELECT just these options, with \`clear\` none. ${scanned}`,
    }),
  }),
});

export const TicketOrderInput = builder.inputType('TicketOrder', {
  description: 'How to sort tickets.',
  fields: (t) => ({
    field: t.field({ type: TicketOrderFieldEnum, required: true, description: 'By what.' }),
    direction: t.field({
      type: DirectionEnum,
      required: true,
      defaultValue: 'DESC',
      description: 'Which end first.',
    }),
  }),
});

type Given = typeof TicketFilterInput.$inferInput;

/** Values of one member, at most. */
const maxValues = 100;

/** Everything, without a filter. */
export const anyTicket: WantedTickets = {
  status: [],
  priority: [],
  assigneeId: [],
  type: [],
  unassigned: null,
  tagsAll: [],
  requesterEmail: null,
  createdAt: null,
  updatedAt: null,
  customFields: [],
};

/** What a filter asks for, but for custom fields, whose definitions must be read. @throws GatewayError BAD_USER_INPUT */
export function wantedTickets(given: Given | null | undefined, kind: BackendKind): WantedTickets {
  if (!given) return anyTicket;
  for (const [member, values] of Object.entries(given)) refuseBadList(member, values);
  const path = (member: keyof Given, at: number) => ['filter', member, at];
  return {
    status: distinct(given.status?.map((value, at) => knownValue(value, path('status', at)))),
    priority: distinct(given.priority?.map((value, at) => knownValue(value, path('priority', at)))),
    assigneeId: distinct(
      given.assigneeId?.map((id, at) => parseIdArgument(id, 'Agent', path('assigneeId', at), kind)),
    ),
    type: distinct(given.type?.map((value, at) => knownValue(value, path('type', at)))),
    unassigned: given.unassigned ?? null,
    tagsAll: distinct(given.tagsAll),
    requesterEmail: typeof given.requesterEmail === 'string' ? addressOf(given.requesterEmail) : null,
    createdAt: spanOf(given.createdAt, 'createdAt'),
    updatedAt: spanOf(given.updatedAt, 'updatedAt'),
    // Stand-ins: enough to tell that the backend is asked for them.
    customFields: (given.customFields ?? []).map((_, at) => ({ fieldId: String(at), value: null })),
  };
}

/**
 * The values of custom fields that a filter asks for. Reads the definitions where any is named.
 * @throws GatewayError BAD_USER_INPUT with every fault
 */
export async function wantedCustomFields(
  given: Given | null | undefined,
  context: Pick<GatewayContext, 'backend' | 'definitions'>,
): Promise<readonly CustomFieldValue[]> {
  const named = given?.customFields ?? [];
  if (named.length === 0) return [];
  const faults = createFaults();
  const { values } = await customFieldValues(named, ['filter', 'customFields'], faults, context);
  faults.check();
  return values.toSorted((one, other) => (one.fieldId < other.fieldId ? -1 : 1));
}

const distinct = <Value extends string>(values: readonly Value[] | null | undefined): readonly Value[] =>
  [...new Set(values ?? [])].toSorted();

function refuseBadList(member: string, values: unknown): void {
  if (!Array.isArray(values)) return;
  const message =
    values.length === 0
      ? `"${member}" names no value. Leave it out to list all.`
      : values.length > maxValues
        ? `"${member}" names more than ${maxValues} values.`
        : null;
  if (message !== null) throw badInput(['filter', member], message);
}

function spanOf(
  given: typeof TimeRange.$inferInput | null | undefined,
  member: 'createdAt' | 'updatedAt',
): TimeSpan | null {
  const { from = null, before = null } = given ?? {};
  if (from === null && before === null) return null;
  if (from !== null && before !== null && (compareInstants(from, before) ?? 0) >= 0) {
    throw badInput(['filter', member], `"${member}" ends before it begins.`);
  }
  return { from, before };
}
