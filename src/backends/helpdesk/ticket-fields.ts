import type { BackendSession } from '../../domain/backend.ts';
import { endpoints } from './endpoints.ts';
import type { Rest } from './http.ts';
import { nullIfMissing } from './lookups.ts';
import { fromTicketFieldInput, fromTicketFieldPatch, toTicketField } from './mapping.ts';
import { pageQuery, toPage } from './pages.ts';
import { answers } from './wire.ts';

export function createTicketFields(rest: Rest): BackendSession['ticketFields'] {
  return {
    async list({ active, order, page }) {
      const call = {
        endpoint: endpoints.listTicketFields,
        query: {
          ...(active === undefined ? {} : { active: String(active) }),
          sort_by: order.field.toLowerCase(),
          sort_order: order.direction.toLowerCase(),
          ...pageQuery(page),
        },
      };
      const answer = await rest.request(call, answers.ticketFields);
      return toPage(answer.ticketFields.map(toTicketField), answer, page.cursor, (attribute) =>
        rest.mismatch(call, attribute),
      );
    },
    get: (id) =>
      nullIfMissing(
        rest
          .request({ endpoint: endpoints.getTicketField, ids: { id } }, answers.ticketField)
          .then(({ ticketField }) => toTicketField(ticketField)),
      ),
    async create(input) {
      const call = {
        endpoint: endpoints.createTicketField,
        body: { ticketField: fromTicketFieldInput(input) },
      };
      const { ticketField } = await rest.request(call, answers.ticketField);
      return toTicketField(ticketField);
    },
    async update(id, patch) {
      const call = {
        endpoint: endpoints.updateTicketField,
        ids: { id },
        body: { ticketField: fromTicketFieldPatch(patch) },
      };
      const { ticketField } = await rest.request(call, answers.ticketField);
      return toTicketField(ticketField);
    },
    delete: (id) => rest.remove({ endpoint: endpoints.deleteTicketField, ids: { id } }),
  };
}
