import type { Buffer } from 'node:buffer';
import { enclose } from '../encoded.ts';
import { RestError, notFound } from '../errors.ts';
import { readListRequest, writeList } from '../lists.ts';
import type { OptionRow, TicketFieldRow } from '../rows.ts';
import { createSortedIndex } from '../sorted-index.ts';
import { readNewOption, readOptionChange, refuseWithoutOptions } from '../ticket-field-bodies.ts';
import { created, noContent, ok } from './route.ts';
import type { Call, Reply, Routes } from './route.ts';
import { changeableFieldOf, fieldOf } from './ticket-fields.ts';

const wrap = (option: OptionRow): Buffer => enclose('{"option":', [option], '}');

/** Throws NOT_FOUND or INVALID_FIELD_TYPE. */
function readableField(call: Call): TicketFieldRow {
  const field = fieldOf(call);
  refuseWithoutOptions(field.type);
  return field;
}

/** Throws NOT_FOUND, SYSTEM_FIELD or INVALID_FIELD_TYPE. */
function changeableField(call: Call): TicketFieldRow {
  const field = changeableFieldOf(call);
  refuseWithoutOptions(field.type);
  return field;
}

/** Throws NOT_FOUND. */
function optionOf(field: TicketFieldRow, { optionId }: Call): OptionRow {
  const option = field.options?.find(({ id }) => id === optionId);
  if (!option) throw notFound('Option');
  return option;
}

function refuseIfUsed({ workspace }: Call, field: TicketFieldRow, option: OptionRow): void {
  if (!workspace.tickets.isOptionUsed(field.id, option.value)) return;
  throw new RestError('OPTION_IN_USE', 'A ticket uses this option');
}

function list(call: Call): Reply {
  const { settings, query, url } = call;
  const field = readableField(call);
  const order = `options ${field.id}`;
  const { size, after } = readListRequest(query, settings.lists, order);
  const index = createSortedIndex<OptionRow>({ keyOf: ({ position }) => position, idOf: ({ id }) => id });
  index.load(field.options ?? []);
  const page = index.page({ after, size, descending: false });
  return ok(writeList({ name: 'options', url, query, order, size, page }, settings.lists));
}

export const options: Routes = {
  GET: { level: 'read', answer: list },
  POST: {
    level: 'admin',
    answer: (call) => {
      const field = changeableField(call);
      return created(wrap(call.workspace.fields.createOption(field, readNewOption(call.body(), field))));
    },
  },
};

export const option: Routes = {
  GET: { level: 'read', answer: (call) => ok(wrap(optionOf(readableField(call), call))) },
  PUT: {
    level: 'admin',
    answer: (call) => {
      const field = changeableField(call);
      const current = optionOf(field, call);
      const values = readOptionChange(call.body(), field, current);
      // Tickets store the value, so renaming it would leave them with one that does not exist.
      if (values.value !== undefined && values.value !== current.value) refuseIfUsed(call, field, current);
      return ok(wrap(call.workspace.fields.updateOption(field, current, values)));
    },
  },
  DELETE: {
    level: 'admin',
    answer: (call) => {
      const field = changeableField(call);
      const current = optionOf(field, call);
      refuseIfUsed(call, field, current);
      call.workspace.fields.deleteOption(field, current);
      return noContent;
    },
  },
};
