/**
 * How many fields an operation will resolve, or each event of a subscription: its selections times the rows of its
 * lists. It bounds the gateway's own work and the size of the answer, as the estimate of REST requests bounds the
 * backend's: a few requests can bring a hundred thousand values, and introspection needs none.
 */
import {
  getNullableType,
  getOperationAST,
  getVariableValues,
  isListType,
  type FieldNode,
  type GraphQLField,
  type GraphQLObjectType,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { GatewayError } from '../../domain/errors.ts';
import { maxFirst } from '../types/paging.ts';
import { costOf, costsTooMuch, fragmentsOf, type CostedOperation } from './estimate.ts';
import { fieldOf, introspectionSize } from './introspection.ts';
import type { CostFacts } from './rule.ts';
import { hasVariable, selectedFields, type MaybeReading } from './selection.ts';
import { resultTypes, type Surroundings } from './shape.ts';

/** Items of a list of which nothing tells how many it has: the custom fields of a ticket, the options of one of them. */
const assumedSize = 10;

/** null: the field does not run. */
type Rows = (field: GraphQLField<unknown, unknown>, node: FieldNode) => number | null | undefined;

/**
 * Refuses an operation that may resolve more fields than one is allowed. null: it may run.
 * @param max `MAX_RESOLVED_FIELDS`
 */
export function resolvedFieldsFault(
  operation: CostedOperation,
  facts: CostFacts,
  max: number,
): GatewayError | null {
  const estimated = estimateResolvedFields(operation, facts, max);
  if (estimated <= max) return null;
  const text = `The operation may resolve ${estimated} fields; one is allowed ${max}.`;
  const node = getOperationAST(operation.document, operation.operationName);
  return costsTooMuch(text, { estimated, max, unit: 'RESOLVED_FIELDS' }, node);
}

/**
 * Fields that an operation will resolve. 0 for one that execution will refuse as it stands. Lists of which nothing tells
 * how long they are, are taken for ten items long.
 * @param most where there are more, it may be told that there is one more: they are not looked at further
 */
export function estimateResolvedFields(
  { schema, document, operationName, variableValues }: CostedOperation,
  facts: CostFacts,
  most: number,
): number {
  const node = getOperationAST(document, operationName);
  if (!node) return 0;
  const { coerced } = getVariableValues(schema, node.variableDefinitions ?? [], variableValues ?? {}, {
    maxErrors: 1,
  });
  if (coerced === undefined) return 0;
  const reading = { schema, fragments: fragmentsOf(document), variables: coerced };
  const rows: Rows = (field, of) => {
    const cost = costOf(field, of, reading, facts, {});
    return cost === null ? null : cost.rows;
  };
  return count(node, reading, rows, most);
}

/** Whether no variables make it more than the most. */
export function fieldsFitAlways(
  node: OperationDefinitionNode,
  around: Surroundings,
  facts: CostFacts,
  max: number,
): boolean {
  let open = false;
  const rows: Rows = (field, of) => {
    const { cost, sizedBy } = field.extensions;
    const given = of.arguments ?? [];
    const size = given.find(({ name }) => name.value === sizedBy);
    if (cost === undefined || !field.args.some(({ name }) => name === sizedBy)) return undefined;
    if (size !== undefined && hasVariable(size.value)) {
      open ||= sizedBy !== 'first';
      return maxFirst;
    }
    const fixed = { ...of, arguments: given.filter(({ value }) => !hasVariable(value)) };
    const found = costOf(field, fixed, { variables: {} }, facts, {});
    open ||= found === null;
    return found?.rows;
  };
  return count(node, { ...around, variables: null }, rows, max) <= max && !open;
}

/** More than the most is told as far as it was looked at. */
function count(
  { operation, selectionSet }: OperationDefinitionNode,
  reading: MaybeReading,
  rows: Rows,
  max: number,
): number {
  const { schema } = reading;
  const root = schema.getRootType(operation);
  if (!root) return 0;
  // Looking must not become what it is to prevent. Of the types that a field may lead to all are looked at and one counts.
  const mostVisits = 1000 + 10 * max;
  let visits = 0;
  let over = false;

  const ofObject = (
    sets: readonly SelectionSetNode[],
    type: GraphQLObjectType,
    items: number | null,
  ): number => {
    let total = 0;
    for (const nodes of selectedFields(sets, type, reading).values()) {
      const [node] = nodes;
      const field = node && fieldOf(schema, type, node.name.value);
      if (field) total += ofField(field, nodes, type, items);
      visits += 1;
      over ||= total > max || visits > mostVisits;
      if (over) return total;
    }
    return total;
  };

  const ofField = (
    field: GraphQLField<unknown, unknown>,
    nodes: readonly FieldNode[],
    parent: GraphQLObjectType,
    items: number | null,
  ): number => {
    const sets = nodes.flatMap(({ selectionSet: set }) => set ?? []);
    const [node] = nodes;
    if (sets.length === 0 || node === undefined) return 1;
    const own = rows(field, node);
    if (own === null) return 1;
    const isList = isListType(getNullableType(field.type));
    const size = isList ? (own ?? items ?? introspectionSize(schema, parent, field.name) ?? assumedSize) : 1;
    if (size === 0) return 1;
    const below = isList ? null : (own ?? null);
    const results = resultTypes(field, schema).map((type) => ofObject(sets, type, below));
    return 1 + size * Math.max(0, ...results);
  };

  // Lists of introspection may have less than one item.
  const total = Math.ceil(Math.min(ofObject([selectionSet], root, null), Number.MAX_SAFE_INTEGER));
  return over ? Math.max(total, max + 1) : total;
}
