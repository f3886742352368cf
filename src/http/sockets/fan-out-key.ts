import { getOperationAST, Kind, visit, type ASTNode, type DocumentNode, type ExecutionArgs } from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import type { Caller } from '../../domain/caller.ts';

/** The argument of a subscription's field that decides where it begins, and nothing after that. */
const openingArgument = 'after';

/**
 * What two subscriptions must have in common so that each event comes to the same for both: key and level of the caller,
 * deadline, document and variables. A variable that only says where the subscription begins does not count.
 */
export function sharingKey(
  { scope, level }: Pick<Caller, 'scope' | 'level'>,
  deadlineMs: number | null,
  { query, operationName, variables }: SubscribePayload,
  args: Pick<ExecutionArgs, 'document' | 'operationName'>,
): string {
  // Where a client names its document by an id, the text it sends is empty.
  const text = args.document.loc?.source.body ?? query;
  const opening = openingVariable(args.document, args.operationName ?? null);
  const others = Object.entries(variables ?? {}).filter(([name]) => name !== opening);
  return JSON.stringify([scope, level, deadlineMs, text, operationName ?? null, others]);
}

/** Documents come from a cache, and most have one operation. */
const known = new WeakMap<DocumentNode, Map<string | null, string | null>>();

/** The variable that is used as the opening argument and nowhere else; null: there is none. */
export function openingVariable(document: DocumentNode, operationName: string | null): string | null {
  let ofDocument = known.get(document);
  if (ofDocument === undefined) {
    ofDocument = new Map();
    known.set(document, ofDocument);
  }
  const found = ofDocument.get(operationName);
  if (found !== undefined) return found;
  const name = findOpeningVariable(document, operationName);
  ofDocument.set(operationName, name);
  return name;
}

function findOpeningVariable(document: DocumentNode, operationName: string | null): string | null {
  const operation = getOperationAST(document, operationName);
  // Behind a fragment it is not looked for: then those subscriptions are not shared across cursors.
  const [field, ...others] = operation?.selectionSet.selections ?? [];
  if (field?.kind !== Kind.FIELD || others.length > 0) return null;
  const value = field.arguments?.find(({ name }) => name.value === openingArgument)?.value;
  if (value?.kind !== Kind.VARIABLE) return null;
  return usesOf(document, value.name.value) === 1 ? value.name.value : null;
}

/** How often a variable is used in a document, whichever its operations. */
function usesOf(document: DocumentNode, name: string): number {
  let uses = 0;
  visit(document, {
    Variable: (node, _key, parent) => {
      if (node.name.value === name && !isDefinition(parent)) uses += 1;
    },
  });
  return uses;
}

const isDefinition = (parent: ASTNode | readonly ASTNode[] | undefined): boolean =>
  parent !== undefined && 'kind' in parent && parent.kind === Kind.VARIABLE_DEFINITION;
