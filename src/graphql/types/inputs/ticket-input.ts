import type { TicketField } from '../../../domain/ticket-field.ts';
import type { TicketInput, TicketPatch } from '../../../domain/ticket.ts';
import type { ArgumentPath } from '../../argument-paths.ts';
import { builder } from '../../builder.ts';
import type { GatewayContext } from '../../context.ts';
import { parseIdArgument } from '../../node-id.ts';
import { CustomFieldInput } from '../custom-field-input.ts';
import { TicketPriorityEnum, TicketStatusEnum, TicketTypeEnum } from '../enums.ts';
import { customFieldValues } from './custom-field-values.ts';
import { createFaults, type Faults } from './faults.ts';
import { checkKey } from './idempotency-key.ts';
import { checkPatch, membersOf, type Draft } from './members.ts';

export const RequesterInput = builder.inputType('RequesterInput', {
  description: 'Who asked. In a patch an absent member stays and null clears it.',
  fields: (t) => ({
    email: t.string({ description: 'E-mail address.' }),
    name: t.string({ description: 'Name.' }),
  }),
});

export const TicketCreateInput = builder.inputType('TicketCreateInput', {
  description: 'A new ticket. What is left out, or null, the backend fills in.',
  fields: (t) => ({
    subject: t.string({ required: true, description: 'What it is about, in one line.' }),
    status: t.field({
      type: TicketStatusEnum,
      description: 'NEW unless given. Not UNKNOWN; not CLOSED, which the helpdesk alone sets.',
    }),
    priority: t.field({ type: TicketPriorityEnum, description: 'NORMAL unless given. Not UNKNOWN.' }),
    type: t.field({ type: TicketTypeEnum, description: 'QUESTION unless given. Not UNKNOWN.' }),
    requester: t.field({ type: RequesterInput, description: 'Who asked.' }),
    assigneeId: t.id({ description: 'The agent it is given to: a global id or the backend’s own.' }),
    tags: t.stringList({ description: 'Its tags.' }),
    customFields: t.field({
      type: [CustomFieldInput],
      description: 'Values of ticket fields, each field once.',
    }),
    idempotencyKey: t.string({
      description:
        'Makes it safe to send this again: 1 to 255 visible ASCII characters, a UUID best, another one for each ticket. The same input under the same key makes no second ticket: for two hours it gets the first answer, be it the ticket as it was created or the backend’s refusal; while the first is under way it waits. Where nobody can tell whether the first was carried out: OUTCOME_UNKNOWN. Another input: CONFLICT. What certainly was not carried out and may succeed later (no budget, never sent, insufficient rights) leaves the key free. It counts for one API key in one workspace, and for one person where a token says who that is. The gateway keeps it in the memory of its process: it ends with the process, other processes do not know it, and of very many the one unused longest is forgotten first.',
    }),
  }),
});

export const TicketPatchInput = builder.inputType('TicketPatch', {
  description: 'A change to a ticket: what is absent stays. At least one member.',
  fields: (t) => ({
    subject: t.string({ description: 'Cannot be null.' }),
    status: t.field({
      type: TicketStatusEnum,
      description: 'Cannot be null. Not UNKNOWN; not CLOSED, which the helpdesk alone sets.',
    }),
    priority: t.field({ type: TicketPriorityEnum, description: 'Cannot be null. Not UNKNOWN.' }),
    type: t.field({ type: TicketTypeEnum, description: 'Cannot be null. Not UNKNOWN.' }),
    requester: t.field({ type: RequesterInput, description: 'null clears both name and e-mail address.' }),
    assigneeId: t.id({
      description: 'A global id or the backend’s own; null takes the ticket from its assignee.',
    }),
    tags: t.stringList({
      description: 'All its tags from now on; null, like an empty list, takes them all away.',
    }),
    customFields: t.field({
      type: [CustomFieldInput],
      description:
        'New values, each field once; fields that are not named keep theirs. Cannot be null: `clear: true` takes the value of one field away.',
    }),
  }),
});

/** What becomes of an input: the domain's patch, and the definitions of the fields it names, in the caller's order. */
export interface ReadTicket<Patch> {
  readonly patch: Patch;
  readonly customFields: readonly TicketField[];
}

type Needs = Pick<GatewayContext, 'backend' | 'definitions'>;

/** @throws GatewayError BAD_USER_INPUT with every fault; reads the definitions if custom fields are named */
export async function readTicketCreate(
  input: typeof TicketCreateInput.$inferInput,
  context: Needs,
): Promise<ReadTicket<TicketInput>> {
  const faults = createFaults();
  checkKey(input.idempotencyKey, faults);
  const { patch, customFields } = await readMembers('CREATE', input, ['input'], faults, context);
  faults.check();
  return { patch: { ...patch, subject: input.subject }, customFields };
}

/** @throws GatewayError BAD_USER_INPUT with every fault; reads the definitions if custom fields are named */
export async function readTicketPatch(
  input: typeof TicketPatchInput.$inferInput,
  faults: Faults,
  context: Needs,
): Promise<ReadTicket<TicketPatch>> {
  const base = ['input', 'patch'];
  const read = await readMembers('PATCH', input, base, faults, context);
  checkPatch(read.patch, base, faults);
  return read;
}

async function readMembers(
  mode: 'PATCH' | 'CREATE',
  input: typeof TicketPatchInput.$inferInput,
  base: ArgumentPath,
  faults: Faults,
  context: Needs,
): Promise<ReadTicket<TicketPatch>> {
  const patch: Draft<TicketPatch> = {};
  const members = membersOf(mode, base, faults);
  const subject = members.value('subject', input.subject);
  if (subject !== undefined) patch.subject = subject;
  const status = members.known('status', input.status);
  if (status !== undefined) patch.status = status;
  const priority = members.known('priority', input.priority);
  if (priority !== undefined) patch.priority = priority;
  const type = members.known('type', input.type);
  if (type !== undefined) patch.type = type;
  const assigneeId = members.clearable(input.assigneeId);
  if (typeof assigneeId === 'string') {
    const place = [...base, 'assigneeId'];
    patch.assigneeId = faults.take(
      () => parseIdArgument(assigneeId, 'Agent', place, context.backend.kind),
      null,
    );
  } else if (assigneeId === null) patch.assigneeId = null;
  const tags = members.clearable(input.tags);
  if (tags !== undefined) patch.tags = tags ?? [];
  const requester = members.clearable(input.requester);
  const email = requester === null ? null : members.clearable(requester?.email);
  if (email !== undefined) patch.requesterEmail = email;
  const name = requester === null ? null : members.clearable(requester?.name);
  if (name !== undefined) patch.requesterName = name;
  const given = members.value('customFields', input.customFields) ?? [];
  if (given.length === 0) return { patch, customFields: [] };
  const { values, fields } = await customFieldValues(given, [...base, 'customFields'], faults, context);
  return { patch: { ...patch, customFields: values }, customFields: fields };
}
