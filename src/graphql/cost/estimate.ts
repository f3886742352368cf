/**
 * What an operation will cost in REST requests, told from its document, its variables and the schema before anything
 * is sent. It is walked the way execution will walk it, and each field's own rule (`extensions.cost`) says what it adds.
 *
 * What the estimate does not hold: attempts that fail and are repeated, pages on which the place after a cursor is
 * looked for when rows came in before it, and definitions of ticket fields beyond the first hundred.
 * What it holds too much of: definitions that are at hand, pages that a short list does not have.
 */
import {
  getArgumentValues,
  getNullableType,
  getOperationAST,
  getVariableValues,
  GraphQLError,
  isListType,
  Kind,
  OperationTypeNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { z } from 'zod';
import { GatewayError } from '../../domain/errors.ts';
import { maxLanes } from '../cursor.ts';
import { maxFirst } from '../types/paging.ts';
import { dearer, nothing, spent, sum, totalOf, type Ledger } from './ledger.ts';
import type { CostFacts, FieldCost, ParentCost } from './rule.ts';
import { hasVariable, selectedFields, type MaybeReading, type Reading } from './selection.ts';
import { resultTypes, shapeOf, type Surroundings } from './shape.ts';

/** An operation that passed validation. */
export interface CostedOperation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  /** As they were sent. */
  readonly variableValues?: Readonly<Record<string, unknown>> | null | undefined;
}

/**
 * Fields of an operation with its fragments written out. A document of a few hundred words can come to billions, for
 * which neither reading nor running it would ever end.
 */
const maxFields = 20_000;

/** Where in an operation a field stands. */
interface Site {
  /** How often its parent is there at most; more than 0. */
  readonly times: number;
  /** The rows of the list that is to come; null: not known. */
  readonly rows: number | null;
  readonly parent: ParentCost;
}

/**
 * REST requests an operation will send at most, see above. 0 for one that execution will refuse as it stands.
 * @throws GatewayError GRAPHQL_VALIDATION_FAILED where it is too large to tell
 */
export function estimateCost(operation: CostedOperation, facts: CostFacts): number {
  const { schema, document, operationName, variableValues } = operation;
  const node = getOperationAST(document, operationName);
  const root = node && schema.getRootType(node.operation);
  if (!node || !root) return 0;
  const around = { schema, fragments: fragmentsOf(document) };
  const { fields, spends } = shapeOf(node.selectionSet, root, around);
  if (fields > maxFields) throw tooManyFields();
  if (!spends) return 0;
  const { coerced } = getVariableValues(schema, node.variableDefinitions ?? [], variableValues ?? {}, {
    maxErrors: 1,
  });
  if (coerced === undefined) return 0;
  const reading = { ...around, variables: coerced };
  const walk = createWalk(reading, (field, of, parent) => costOf(field, of, reading, facts, parent));
  return totalOf(walk([node.selectionSet], root, whole));
}

/** Whether no variables make an operation that passed validation send more than the most. */
export function requestsFitAlways(
  node: OperationDefinitionNode,
  around: Surroundings,
  facts: CostFacts,
  max: number,
): boolean {
  const root = around.schema.getRootType(node.operation);
  if (!root) return true;
  const { fields, spends } = shapeOf(node.selectionSet, root, around);
  if (fields > maxFields) return false;
  if (!spends) return true;
  let open = facts.maxPageSize < pageSizeOfCeilings;
  const walk = createWalk({ ...around, variables: null }, (field, of, parent) => {
    if (!(of.arguments ?? []).some(({ value }) => hasVariable(value))) {
      return costOf(field, of, { variables: {} }, facts, parent);
    }
    const dearest = dearestOf(field);
    open ||= dearest === null;
    return dearest;
  });
  return totalOf(walk([node.selectionSet], root, whole)) <= max && !open;
}

/** What a page must hold for `@backendCost` to be the most that a field sends. */
const pageSizeOfCeilings = 100;

const ceiling = z.object({ backendCost: z.object({ requests: z.number() }) });

/** The most a field may cost whatever its arguments are; null: that cannot be told. */
function dearestOf({ args, extensions }: GraphQLField<unknown, unknown>): FieldCost | null {
  const { cost, sizedBy } = extensions;
  if (cost === undefined) return none;
  const sized = args.some(({ name }) => name === sizedBy);
  if (sized && sizedBy !== 'first') return null;
  const { requests } = ceiling.parse(extensions['directives']).backendCost;
  return { each: requests, lists: maxLanes, forgets: true, ...(sized && { rows: maxFirst }) };
}

export const fragmentsOf = ({ definitions }: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> =>
  new Map(
    definitions
      .filter((node) => node.kind === Kind.FRAGMENT_DEFINITION)
      .map((fragment) => [fragment.name.value, fragment]),
  );

type CostAt = (
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  parent: ParentCost,
) => FieldCost | null;

type Walk = (sets: readonly SelectionSetNode[], type: GraphQLObjectType, site: Site) => Ledger;

function createWalk(reading: MaybeReading, costAt: CostAt): Walk {
  /** Grows with each write after which things are read again; fields of a mutation run in their order. */
  let round = 0;

  const walk: Walk = (sets, type, site) => {
    let total = nothing;
    for (const nodes of selectedFields(sets, type, reading).values()) {
      const [node] = nodes;
      const field = node && type.getFields()[node.name.value];
      if (field) total = sum(total, ofField(field, node, nodes, site));
    }
    return total;
  };

  const ofField = (
    field: GraphQLField<unknown, unknown>,
    node: FieldNode,
    nodes: readonly FieldNode[],
    site: Site,
  ): Ledger => {
    const cost = costAt(field, node, site.parent);
    if (cost === null) return nothing;
    const own = cost === none ? nothing : spent(cost, site.times, round);
    if (cost.forgets === true) round += 1;
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    if (sets.length === 0) return own;
    const isList = isListType(getNullableType(field.type));
    const rows = cost.rows ?? (isList ? site.rows : null);
    const times = isList ? multiply(site.times, rows) : site.times;
    const below = { times, rows: isList ? null : rows, parent: cost };
    if (below.times === 0) return own;
    const results = resultTypes(field, reading.schema)
      .filter((type) => sets.some((set) => shapeOf(set, type, reading).spends))
      .map((type) => walk(sets, type, below));
    return sum(own, results.reduce(dearer, nothing));
  };

  return walk;
}

const none: FieldCost = {};

/** Where an operation begins. */
const whole: Site = { times: 1, rows: null, parent: none };

/** Lists of unknown length that have no rows have none. */
const multiply = (times: number, rows: number | null): number =>
  rows === 0 ? 0 : times * (rows ?? Infinity);

/** null: the field's arguments are refused, and it does not run. */
export function costOf(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  { variables }: Pick<Reading, 'variables'>,
  facts: CostFacts,
  parent: ParentCost,
): FieldCost | null {
  const { cost: rule } = field.extensions;
  if (rule === undefined) return none;
  try {
    return rule(getArgumentValues(field, node, variables), facts, parent);
  } catch (error) {
    if (error instanceof GraphQLError) return null;
    throw error;
  }
}

const tooManyFields = (): GatewayError =>
  new GatewayError(
    'GRAPHQL_VALIDATION_FAILED',
    `With its fragments written out the operation selects more than ${maxFields} fields.`,
  );

/**
 * Refuses an operation that may send more requests than one is allowed. null: it may run.
 * @param max `MAX_REST_CALLS_PER_OPERATION`
 */
export function costFault(operation: CostedOperation, facts: CostFacts, max: number): GatewayError | null {
  try {
    const estimated = estimateCost(operation, facts);
    return estimated > max ? tooCostly(operation, estimated, max) : null;
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
}

function tooCostly(
  { document, operationName }: CostedOperation,
  estimated: number,
  max: number,
): GatewayError {
  const text = `The operation may need ${estimated} REST requests; one is allowed ${max}.`;
  const node = getOperationAST(document, operationName);
  return costsTooMuch(text, { estimated, max, unit: 'REST_REQUESTS' }, node);
}

interface Excess {
  readonly estimated: number;
  readonly max: number;
  /** What is counted. */
  readonly unit: 'REST_REQUESTS' | 'RESOLVED_FIELDS';
}

/** @param operation what is refused */
export const costsTooMuch = (
  text: string,
  { estimated, max, unit }: Excess,
  operation: OperationDefinitionNode | null | undefined,
): GatewayError =>
  new GatewayError('OPERATION_TOO_COSTLY', text, {
    details: { estimated, max, unit },
    ...(operation?.operation === OperationTypeNode.MUTATION ? { outcome: 'NOT_APPLIED' } : {}),
  });
