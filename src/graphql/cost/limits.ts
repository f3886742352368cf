/** What an operation may cost, and what is remembered so that it is not told anew at each. */
import { getOperationAST, type OperationDefinitionNode } from 'graphql';
import type { GatewayError } from '../../domain/errors.ts';
import { costFault, fragmentsOf, requestsFitAlways, type CostedOperation } from './estimate.ts';
import { fieldsFitAlways, resolvedFieldsFault } from './resolved-fields.ts';
import type { CostFacts } from './rule.ts';

export interface CostLimits {
  /** `MAX_REST_CALLS_PER_OPERATION` */
  readonly maxRequests: number;
  /** `MAX_RESOLVED_FIELDS` */
  readonly maxFields: number;
}

/** Variables that one document is remembered to have run with, and how many characters of JSON they may be. */
const maxRemembered = 16;
const maxLength = 1_000;

/**
 * Refuses operations that cost too much. Most documents cannot, whatever their variables: that is found once for each. Of
 * the others, variables that they ran with before are remembered.
 */
export function createCostLimits(
  facts: CostFacts,
  { maxRequests, maxFields }: CostLimits,
): (operation: CostedOperation) => GatewayError | null {
  // Documents are kept parsed, so what is found of them lasts as long as they do. null: it may always run.
  const known = new WeakMap<OperationDefinitionNode, Set<string> | null>();

  const passedOf = (node: OperationDefinitionNode, { schema, document }: CostedOperation) => {
    const found = known.get(node);
    if (found !== undefined) return found;
    const around = { schema, fragments: fragmentsOf(document) };
    const fits =
      requestsFitAlways(node, around, facts, maxRequests) && fieldsFitAlways(node, around, facts, maxFields);
    const made = fits ? null : new Set<string>();
    known.set(node, made);
    return made;
  };

  return (operation) => {
    const node = getOperationAST(operation.document, operation.operationName);
    const passed = node ? passedOf(node, operation) : null;
    if (passed === null) return null;
    const variables = JSON.stringify(operation.variableValues ?? {});
    if (passed.has(variables)) return null;
    const fault =
      costFault(operation, facts, maxRequests) ?? resolvedFieldsFault(operation, facts, maxFields);
    if (fault === null && variables.length <= maxLength) {
      if (passed.size >= maxRemembered) passed.clear();
      passed.add(variables);
    }
    return fault;
  };
}
