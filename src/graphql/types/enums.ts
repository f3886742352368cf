import type { BackendKind } from '../../domain/backend.ts';
import { badInput } from '../../domain/errors.ts';
import type { EventSource, GapReason, TicketEventType } from '../../domain/event.ts';
import type { TicketFieldOrderField, TicketFieldType } from '../../domain/ticket-field.ts';
import type {
  Direction,
  TicketOrderField,
  TicketPriority,
  TicketStatus,
  TicketType,
  Unknown,
} from '../../domain/ticket.ts';
import { builder } from '../builder.ts';

/** An enum whose values stand for themselves. Written against our own words, so that none is forgotten. */
const enumOf = <Name extends string>(
  name: string,
  description: string,
  values: Readonly<Record<Name, { readonly description: string }>>,
) => builder.enumType(name, { description, values });

const unknownValue =
  'A value of the backend that this schema does not know. Read only: not accepted as input.';

export const BackendKindEnum = enumOf<BackendKind>(
  'BackendKind',
  'The helpdesks that a gateway can stand before.',
  {
    HELPDESK: { description: 'The Helpdesk REST API, version 1.' },
    ZENDESK: { description: 'Zendesk Support.' },
    HELP_SCOUT: { description: 'Help Scout Mailbox.' },
  },
);

export const DirectionEnum = enumOf<Direction>('Direction', 'Which end of an order comes first.', {
  ASC: { description: 'Smallest, oldest or first of the alphabet first.' },
  DESC: { description: 'Largest, newest or last of the alphabet first.' },
});

export const TicketStatusEnum = enumOf<TicketStatus | Unknown>('TicketStatus', 'How far a ticket has come.', {
  NEW: { description: 'Nobody has looked at it yet.' },
  OPEN: { description: 'Somebody works on it.' },
  PENDING: { description: 'Waits for the requester.' },
  RESOLVED: { description: 'Answered; the requester may still reopen it.' },
  CLOSED: { description: 'Over for good. Only the helpdesk itself closes tickets.' },
  UNKNOWN: { description: unknownValue },
});

export const TicketPriorityEnum = enumOf<TicketPriority | Unknown>(
  'TicketPriority',
  'How soon a ticket wants an answer.',
  {
    LOW: { description: 'When there is time.' },
    NORMAL: { description: 'In its turn.' },
    HIGH: { description: 'Before others.' },
    URGENT: { description: 'Now.' },
    UNKNOWN: { description: unknownValue },
  },
);

export const TicketTypeEnum = enumOf<TicketType | Unknown>('TicketType', 'What a ticket is about.', {
  QUESTION: { description: 'Somebody wants to know something.' },
  INCIDENT: { description: 'Something that should work does not.' },
  PROBLEM: { description: 'The cause behind incidents.' },
  TASK: { description: 'Something is to be done.' },
  UNKNOWN: { description: unknownValue },
});

export const TicketFieldTypeEnum = enumOf<TicketFieldType | Unknown>(
  'TicketFieldType',
  'What values a ticket field takes. Never changes once the field exists.',
  {
    TEXT: { description: 'One line of text.' },
    TEXTAREA: { description: 'Text of several lines.' },
    NUMBER: { description: 'A whole number.' },
    DECIMAL: { description: 'A number with a fraction.' },
    CHECKBOX: { description: 'Checked or not.' },
    DATE: { description: 'A day of the calendar.' },
    DROPDOWN: { description: 'One of the field’s options.' },
    MULTISELECT: { description: 'Any number of the field’s options.' },
    REGEX: { description: 'Text that matches the field’s pattern.' },
    UNKNOWN: { description: unknownValue },
  },
);

export const TicketEventTypeEnum = enumOf<TicketEventType | Unknown>(
  'TicketEventType',
  'What happened to a ticket. An update that changes the assignee, or resolves, is announced as TICKET_UPDATED and again by its own type.',
  {
    TICKET_CREATED: { description: 'A ticket came into being.' },
    TICKET_UPDATED: { description: 'Any attribute changed.' },
    TICKET_DELETED: { description: 'The ticket is gone.' },
    TICKET_ASSIGNMENT_CHANGED: { description: 'It was given to somebody else, or to nobody.' },
    TICKET_RESOLVED: { description: 'Its status became RESOLVED.' },
    UNKNOWN: {
      description: 'An event that this schema does not know. As input only in `TicketEventFilter.types`.',
    },
  },
);

export const TicketOrderFieldEnum = enumOf<TicketOrderField>(
  'TicketOrderField',
  'What a list of tickets is sorted by, and with it what paging promises while tickets change.',
  {
    CREATED_AT: {
      description:
        'By creation, which never changes: a ticket that exists throughout is seen exactly once, whatever is created or deleted meanwhile.',
    },
    UPDATED_AT: {
      description:
        'By last change. A ticket that changes while the list is read moves: it may be seen twice or, where it moves behind the reader, not at all. One that does not change is seen exactly once.',
    },
    STATUS: {
      description:
        'By status, in an order that is the backend’s own. Paging continues after the cursor’s ticket as long as it stands where it stood; otherwise near that place, and rows may be missed or repeated.',
    },
    PRIORITY: {
      description:
        'By priority, in an order that is the backend’s own. Paging continues after the cursor’s ticket as long as it stands where it stood; otherwise near that place, and rows may be missed or repeated.',
    },
  },
);

export const TicketFieldOrderFieldEnum = enumOf<TicketFieldOrderField>(
  'TicketFieldOrderField',
  'What a list of ticket fields is sorted by. System fields come first, whatever the order.',
  {
    POSITION: { description: 'By the place it has in forms.' },
    TITLE: { description: 'By title; the alphabet is the backend’s own.' },
    CREATED_AT: { description: 'By creation.' },
  },
);

export const GapReasonEnum = enumOf<GapReason>('GapReason', 'Why events may have been lost.', {
  CURSOR_EXPIRED: { description: 'The cursor is older than what the event log keeps.' },
  SLOW_CONSUMER: { description: 'The client took its events too slowly, and some were dropped.' },
  EVENTS_LOST: {
    description:
      'The event log has lost events it once held, or a change was found that no event had announced.',
  },
  SOURCE_RESTARTED: { description: 'The cursor is of another event log: the gateway’s own was begun anew.' },
});

export const EventSourceEnum = enumOf<EventSource>('EventSource', 'How the gateway learnt of an event.', {
  WEBHOOK: { description: 'The backend sent a webhook.' },
  RECONCILE: { description: 'A comparison with the backend found it.' },
  GATEWAY: { description: 'The gateway made the change itself.' },
});

/**
 * Refuses UNKNOWN, which is for reading, where a known value is wanted.
 * @param path from the argument's name
 * @throws GatewayError BAD_USER_INPUT
 */
export function knownValue<Value extends string>(
  value: Value,
  path: readonly (string | number)[],
): Exclude<Value, Unknown> {
  if (isKnown(value)) return value;
  throw badInput(path, 'UNKNOWN stands for values read from the backend. It cannot be sent.');
}

const isKnown = <Value extends string>(value: Value): value is Exclude<Value, Unknown> => value !== 'UNKNOWN';
