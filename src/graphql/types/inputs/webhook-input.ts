import type { TicketEventType } from '../../../domain/event.ts';
import type { Unknown } from '../../../domain/ticket.ts';
import type { WebhookInput, WebhookPatch } from '../../../domain/webhook.ts';
import type { ArgumentPath } from '../../argument-paths.ts';
import { builder } from '../../builder.ts';
import { knownValue, TicketEventTypeEnum } from '../enums.ts';
import { createFaults, type Faults } from './faults.ts';
import { checkPatch, membersOf, type Draft } from './members.ts';

export const WebhookCreateInput = builder.inputType('WebhookCreateInput', {
  description: 'A new registration: which events the backend sends where.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'What people call it.' }),
    targetUrl: t.string({ required: true, description: 'Where deliveries go; HTTPS.' }),
    events: t.field({
      type: [TicketEventTypeEnum],
      required: true,
      description: 'What is delivered. Not UNKNOWN.',
    }),
    active: t.boolean({ description: 'Whether it delivers; true unless given.' }),
  }),
});

export const WebhookPatchInput = builder.inputType('WebhookPatch', {
  description: 'A change to a registration: what is absent stays. At least one member, none null.',
  fields: (t) => ({
    name: t.string({ description: 'What people call it.' }),
    targetUrl: t.string({ description: 'Where deliveries go; HTTPS.' }),
    events: t.field({
      type: [TicketEventTypeEnum],
      description: 'All that is delivered from now on. Not UNKNOWN.',
    }),
    active: t.boolean({ description: 'Whether it delivers.' }),
  }),
});

/** @throws GatewayError BAD_USER_INPUT with every fault */
export function readWebhookCreate(input: typeof WebhookCreateInput.$inferInput): WebhookInput {
  const faults = createFaults();
  const events = readEvents(input.events, ['input', 'events'], faults);
  const active = membersOf('CREATE', ['input'], faults).value('active', input.active);
  faults.check();
  return {
    name: input.name,
    targetUrl: input.targetUrl,
    events,
    ...(active === undefined ? {} : { active }),
  };
}

/** @throws GatewayError BAD_USER_INPUT with every fault */
export function readWebhookPatch(input: typeof WebhookPatchInput.$inferInput, faults: Faults): WebhookPatch {
  const base = ['input', 'patch'];
  const members = membersOf('PATCH', base, faults);
  const patch: Draft<WebhookPatch> = {};
  const name = members.value('name', input.name);
  if (name !== undefined) patch.name = name;
  const targetUrl = members.value('targetUrl', input.targetUrl);
  if (targetUrl !== undefined) patch.targetUrl = targetUrl;
  const events = members.value('events', input.events);
  if (events !== undefined) patch.events = readEvents(events, [...base, 'events'], faults);
  const active = members.value('active', input.active);
  if (active !== undefined) patch.active = active;
  return checkPatch(patch, base, faults);
}

const readEvents = (
  given: readonly (TicketEventType | Unknown)[],
  base: ArgumentPath,
  faults: Faults,
): TicketEventType[] =>
  given.flatMap((event, index) => faults.take(() => knownValue(event, [...base, index]), []));
