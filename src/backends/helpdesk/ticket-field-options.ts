import type { BackendSession } from '../../domain/backend.ts';
import { endpoints } from './endpoints.ts';
import type { Rest } from './http.ts';
import { nullIfMissing } from './lookups.ts';
import { fromOptionInput, fromOptionPatch, toTicketFieldOption } from './mapping.ts';
import { pageQuery, toPage } from './pages.ts';
import { answers } from './wire.ts';

export function createTicketFieldOptions(rest: Rest): BackendSession['ticketFieldOptions'] {
  return {
    async list(fieldId, page) {
      const call = { endpoint: endpoints.listOptions, ids: { fieldId }, query: pageQuery(page) };
      const answer = await rest.request(call, answers.options);
      return toPage(
        answer.options.map((option, index) => toTicketFieldOption(option, fieldId, index)),
        answer,
        page.cursor,
        (attribute) => rest.mismatch(call, attribute),
      );
    },
    get: (fieldId, id) =>
      nullIfMissing(
        rest
          .request({ endpoint: endpoints.getOption, ids: { fieldId, id } }, answers.option)
          .then(({ option }) => toTicketFieldOption(option, fieldId)),
      ),
    async create(fieldId, input) {
      const call = {
        endpoint: endpoints.createOption,
        ids: { fieldId },
        body: { option: fromOptionInput(input) },
      };
      const { option } = await rest.request(call, answers.option);
      return toTicketFieldOption(option, fieldId);
    },
    async update(fieldId, id, patch) {
      const call = {
        endpoint: endpoints.updateOption,
        ids: { fieldId, id },
        body: { option: fromOptionPatch(patch) },
      };
      const { option } = await rest.request(call, answers.option);
      return toTicketFieldOption(option, fieldId);
    },
    delete: (fieldId, id) => rest.remove({ endpoint: endpoints.deleteOption, ids: { fieldId, id } }),
  };
}
