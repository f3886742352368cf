import { builder } from './builder.ts';
import { directives } from './directives.ts';
import { resolveIdsAtOnce } from './node-id-fields.ts';
import './scalars.ts';
import './types/root.ts';
import './types/backend.ts';
import './types/custom-field-input.ts';
import './types/custom-field.ts';
import './types/enums.ts';
import './types/error-catalog.ts';
import './types/event-stream.ts';
import './types/node.ts';
import './types/people.ts';
import './types/rate-limit.ts';
import './types/ticket-events.ts';
import './types/ticket-field-option.ts';
import './types/ticket-field.ts';
import './types/ticket-filter.ts';
import './types/ticket.ts';
import './types/ticket-lists.ts';
import './types/webhook.ts';
import './types/ticket-mutations.ts';
import './types/tickets-update.ts';
import './types/ticket-field-mutations.ts';
import './types/ticket-field-option-mutations.ts';
import './types/webhook-mutations.ts';

/** In the order in which it is written: an enum's values and a field's arguments have one that means something. */
export const schema = resolveIdsAtOnce(builder.toSchema({ directives, sortSchema: false }));
