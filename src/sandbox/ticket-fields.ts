import type { OptionRow, OptionValues, TicketFieldRow, TicketFieldValues } from './rows.ts';
import { createSortedIndex } from './sorted-index.ts';
import type { SortedIndex } from './sorted-index.ts';

export const fieldOrders = ['position', 'title', 'created_at'] as const;
export type FieldOrder = (typeof fieldOrders)[number];

/** The field definitions of one workspace, with their options. */
export interface TicketFieldStore {
  all(): TicketFieldRow[];
  get(id: string): TicketFieldRow | undefined;
  byKey(fieldKey: string): TicketFieldRow | undefined;
  /** System fields come first whatever the direction, so the order depends on it. */
  sorted(order: FieldOrder, descending: boolean): SortedIndex<TicketFieldRow>;
  create(values: TicketFieldValues & { readonly title: string }): TicketFieldRow;
  update(field: TicketFieldRow, values: Omit<TicketFieldValues, 'options'>): TicketFieldRow;
  delete(field: TicketFieldRow): void;
  /** Adds rows as they are. */
  load(rows: readonly TicketFieldRow[]): void;
  createOption(field: TicketFieldRow, values: OptionValues): OptionRow;
  updateOption(field: TicketFieldRow, option: OptionRow, values: Partial<OptionValues>): OptionRow;
  deleteOption(field: TicketFieldRow, option: OptionRow): void;
}

export const isSystem = (field: TicketFieldRow): boolean => field.id.startsWith('system_');
export const hasOptions = (type: TicketFieldRow['type']): boolean =>
  type === 'dropdown' || type === 'multiselect';

const keyOf: Readonly<Record<FieldOrder, (field: TicketFieldRow) => string>> = {
  position: (field) => String(field.position).padStart(10, '0'),
  title: (field) => field.title,
  created_at: (field) => field.createdAt,
};

const byPosition = (a: OptionRow, b: OptionRow): number => a.position - b.position || (a.id < b.id ? -1 : 1);

const lastPosition = (rows: Iterable<{ readonly position: number }>): number => {
  let last = 0;
  for (const { position } of rows) last = Math.max(last, position);
  return last;
};

const keyFrom = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');

interface StoreParts {
  readonly nextId: () => string;
  readonly nextOptionId: () => string;
  /** ISO 8601 UTC. */
  readonly time: () => string;
}

/** Field rows carry their options, so a change to an option replaces the field's row. */
function optionsIn(
  rows: Map<string, TicketFieldRow>,
  { nextOptionId, time }: StoreParts,
): Pick<TicketFieldStore, 'createOption' | 'updateOption' | 'deleteOption'> {
  const put = (field: TicketFieldRow, options: readonly OptionRow[]): void => {
    rows.set(field.id, { ...field, options: options.toSorted(byPosition), updatedAt: time() });
  };
  return {
    createOption: (field, { label, value, position }) => {
      const options = field.options ?? [];
      const row = { id: nextOptionId(), label, value, position: position ?? lastPosition(options) + 1 };
      put(field, [...options, row]);
      return row;
    },
    updateOption: (field, option, values) => {
      const row = { ...option, ...values };
      put(
        field,
        (field.options ?? []).map((other) => (other.id === row.id ? row : other)),
      );
      return row;
    },
    deleteOption: (field, option) => {
      put(
        field,
        (field.options ?? []).filter((other) => other.id !== option.id),
      );
    },
  };
}

function sort(
  rows: Iterable<TicketFieldRow>,
  order: FieldOrder,
  descending: boolean,
): SortedIndex<TicketFieldRow> {
  const index = createSortedIndex<TicketFieldRow>({
    keyOf: (field) => `${isSystem(field) === descending ? 1 : 0}${keyOf[order](field)}`,
    idOf: (field) => field.id,
  });
  index.load([...rows]);
  return index;
}

function newField(
  { options, ...values }: TicketFieldValues & { readonly title: string },
  position: number,
  { nextId, nextOptionId, time }: StoreParts,
): TicketFieldRow {
  const now = time();
  const type = values.type ?? 'text';
  const optionRows = (options ?? []).map(({ label, value, position: at }, index) => ({
    id: nextOptionId(),
    label,
    value,
    position: at ?? index + 1,
  }));
  return {
    id: nextId(),
    fieldKey: keyFrom(values.title),
    position,
    active: true,
    requiredForAgents: false,
    requiredForEndUsers: false,
    visibleToEndUsers: true,
    editableByEndUsers: true,
    createdAt: now,
    updatedAt: now,
    ...values,
    type,
    options: hasOptions(type) ? optionRows.toSorted(byPosition) : null,
  };
}

export function createTicketFieldStore(parts: StoreParts): TicketFieldStore {
  const rows = new Map<string, TicketFieldRow>();
  const put = (row: TicketFieldRow): TicketFieldRow => {
    rows.set(row.id, row);
    return row;
  };
  return {
    ...optionsIn(rows, parts),
    all: () => [
      ...sort(rows.values(), 'position', false).page({ after: null, descending: false, size: rows.size })
        .rows,
    ],
    get: (id) => rows.get(id),
    byKey: (fieldKey) => rows.values().find((field) => field.fieldKey === fieldKey),
    sorted: (order, descending) => sort(rows.values(), order, descending),
    create: (values) => put(newField(values, lastPosition(rows.values()) + 1, parts)),
    update: (field, values) =>
      put({ ...field, ...values, type: field.type, fieldKey: field.fieldKey, updatedAt: parts.time() }),
    delete: (field) => {
      rows.delete(field.id);
    },
    load: (added) => {
      for (const row of added) put(row);
    },
  };
}
