import SchemaBuilder from '@pothos/core';
import DataloaderPlugin from '@pothos/plugin-dataloader';
import DirectivePlugin from '@pothos/plugin-directives';
import RelayPlugin from '@pothos/plugin-relay';
import ValidationPlugin from '@pothos/plugin-validation';
import type { ApiLevel } from '../domain/caller.ts';
import { GatewayError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import type { GatewayContext } from './context.ts';
import { encodeNodeId, nodeTypenames } from './node-id.ts';

export interface SchemaTypes {
  Context: GatewayContext;
  DefaultFieldNullability: false;
  DefaultEdgesNullability: { list: false; items: false };
  DefaultNodeNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    /** ISO 8601, with an offset. */
    DateTime: { Input: string; Output: string };
    /** YYYY-MM-DD. */
    Date: { Input: string; Output: string };
    JSON: { Input: Json; Output: Json };
  };
  Directives: {
    requiresLevel: { locations: 'FIELD_DEFINITION'; args: { level: ApiLevel } };
    backendCost: { locations: 'FIELD_DEFINITION'; args: { requests: number } };
    semanticNonNull: { locations: 'FIELD_DEFINITION'; args: { levels?: readonly number[] } };
  };
}

/** A `validate` schema of an argument failed: all its faults at once, each with the argument's path. */
const invalidArguments = (
  issues: readonly { message: string; path?: readonly unknown[] | undefined }[],
): Error => {
  const fields = issues.map((issue) => ({
    path: (issue.path ?? []).map((step) => (typeof step === 'number' ? step : String(step))),
    code: 'INVALID',
    message: issue.message,
    sourceKey: null,
  }));
  return new GatewayError('BAD_USER_INPUT', fields[0]?.message ?? 'An argument is invalid.', { fields });
};

const typenameOf = (typename: string) => {
  const found = nodeTypenames.find((known) => known === typename);
  if (found === undefined) throw new Error(`${typename} is missing in nodeTypenames`);
  return found;
};

/**
 * Fields are non-null unless said otherwise; the type parameter and the option must agree.
 * Global ids are decoded by `node-id.ts` alone, where the argument's path is known: no `t.arg.globalID` here.
 */
export const builder = new SchemaBuilder<SchemaTypes>({
  plugins: [RelayPlugin, DataloaderPlugin, DirectivePlugin, ValidationPlugin],
  defaultFieldNullability: false,
  directives: { useGraphQLToolsUnorderedDirectives: true },
  validation: { validationError: ({ issues }) => invalidArguments(issues) },
  relay: {
    encodeGlobalID: (typename, id, { backend }) =>
      encodeNodeId(backend.kind, typenameOf(typename), String(id)),
    idFieldOptions: { description: 'Global id: opaque, good for `node` and for every id argument.' },
    nodeTypeOptions: { description: 'Anything that can be read again by its global id.' },
    nodeQueryOptions: false,
    nodesQueryOptions: false,
    edgesFieldOptions: {
      description: 'The rows of this page, each with its cursor.',
      nullable: { list: false, items: false },
    },
    nodeFieldOptions: { description: 'The row itself.', nullable: false },
    cursorFieldOptions: { description: 'Resumes the list right after this row, as `after`.' },
    nodesOnConnection: { description: 'The rows of this page without their cursors.' },
    pageInfoTypeOptions: { description: 'Where a page of a list stands in the whole.' },
    pageInfoFieldOptions: { description: 'Where this page stands in the list.' },
    hasNextPageFieldOptions: { description: 'Whether asking for more, after `endCursor`, may bring rows.' },
    hasPreviousPageFieldOptions: {
      description:
        'Whether rows may precede this page: true whenever `after` was given. Lists read forward only.',
    },
    startCursorFieldOptions: { description: 'Cursor of the first row; null on an empty page.' },
    endCursorFieldOptions: { description: 'Cursor of the last row; null on an empty page.' },
  },
});
