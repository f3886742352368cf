/**
 * What a document must keep to that cuts its answer into parts: the rules of the incremental delivery proposal, and a
 * bound. The plugin that brings such rules replaces the rule on overlapping fields too, by a copy without the bound that
 * graphql-js has set to its work since; two selections of one field that stream differently are no fault here, the
 * first one counts.
 */
import {
  getNullableType,
  GraphQLError,
  isListType,
  Kind,
  OperationTypeNode,
  type DirectiveNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import { argumentOf, isIncremental, isStream } from './document.ts';

/** Places in which an operation may be cut, each time a fragment is spread: each may make a part of every row. */
export const maxCuts = 20;

const report = (context: ValidationContext, message: string, ...nodes: DirectiveNode[]): void =>
  context.reportError(new GraphQLError(message, { nodes }));

/** Labels tell parts apart, whatever the variables are. */
export const labels: ValidationRule = (context) => {
  const known = new Map<string, DirectiveNode>();
  return {
    Directive: (node) => {
      const label = isIncremental(node) ? argumentOf(node, 'label') : undefined;
      if (label === undefined || label.kind === Kind.NULL) return;
      if (label.kind !== Kind.STRING) {
        report(context, `The label of @${node.name.value} must be written out as a string.`, node);
        return;
      }
      const other = known.get(label.value);
      if (other) report(context, 'A label of @defer or @stream may be used once in a document.', other, node);
      known.set(label.value, node);
    },
  };
};

/** Fields of mutations run one after the other; a list is what can be streamed. */
export const places: ValidationRule = (context) => ({
  Directive: (node) => {
    if (!isIncremental(node)) return;
    const parent = context.getParentType();
    const schema = context.getSchema();
    const { value: name } = node.name;
    if (parent && (parent === schema.getMutationType() || parent === schema.getSubscriptionType())) {
      report(context, `@${name} must not be on the fields of ${parent.name} themselves.`, node);
    }
    const field = isStream(node) ? context.getFieldDef() : null;
    if (field && !isListType(getNullableType(field.type))) {
      report(context, `@stream must be on a list, and "${field.name}" is none.`, node);
    }
  },
});

/** Events of subscriptions come whole. */
export const operations: ValidationRule = (context) => {
  const cutsOf = createCounting(context);
  return {
    OperationDefinition: (operation) => {
      const { selectionSet } = operation;
      if (cutsOf(selectionSet) > maxCuts) {
        const message = `An operation may use @defer and @stream ${maxCuts} times, counted wherever a fragment is spread.`;
        context.reportError(new GraphQLError(message, { nodes: operation }));
      }
      if (operation.operation === OperationTypeNode.SUBSCRIPTION) refuseIn(operation, context);
    },
  };
};

function refuseIn(operation: OperationDefinitionNode, context: ValidationContext): void {
  const fragments = context.getRecursivelyReferencedFragments(operation);
  for (const { selectionSet } of [operation, ...fragments]) {
    for (const node of directivesIn(selectionSet)) {
      const condition = argumentOf(node, 'if');
      if (condition?.kind === Kind.BOOLEAN && !condition.value) continue;
      report(context, `@${node.name.value} must not be in a subscription: its events come whole.`, node);
    }
  }
}

/** Without those of the fragments that are spread in it. */
function* directivesIn({ selections }: SelectionSetNode): Generator<DirectiveNode> {
  for (const selection of selections) {
    for (const directive of selection.directives ?? []) if (isIncremental(directive)) yield directive;
    if (selection.kind !== Kind.FRAGMENT_SPREAD && selection.selectionSet) {
      yield* directivesIn(selection.selectionSet);
    }
  }
}

/** Counts the directives of a selection with its fragments written out. */
function createCounting(context: ValidationContext) {
  const known = new Map<string, number>();
  const ofFragment = (name: string): number => {
    let count = known.get(name);
    if (count === undefined) {
      // A fragment that spreads itself is refused by another rule; here it only must come to an end.
      known.set(name, 0);
      const fragment = context.getFragment(name);
      count = fragment ? cutsOf(fragment.selectionSet) : 0;
      known.set(name, count);
    }
    return count;
  };
  const cutsOf = ({ selections }: SelectionSetNode): number => {
    let count = 0;
    for (const selection of selections) {
      count += selection.directives?.filter(isIncremental).length ?? 0;
      if (selection.kind === Kind.FRAGMENT_SPREAD) count += ofFragment(selection.name.value);
      else if (selection.selectionSet) count += cutsOf(selection.selectionSet);
    }
    return count;
  };
  return cutsOf;
}

export const incrementalRules: readonly ValidationRule[] = [labels, places, operations];
