/** What a document asks to be told in parts (`@defer`, `@stream`). */
import {
  GraphQLInt,
  Kind,
  valueFromAST,
  valueFromASTUntyped,
  visit,
  type DirectiveNode,
  type DocumentNode,
  type OperationDefinitionNode,
} from 'graphql';
import { GatewayError } from '../../domain/errors.ts';
import { deferDirective, streamDirective } from '../directives.ts';

export const isStream = ({ name }: DirectiveNode): boolean => name.value === streamDirective.name;

export const isIncremental = (node: DirectiveNode): boolean =>
  isStream(node) || node.name.value === deferDirective.name;

export const argumentOf = ({ arguments: given = [] }: DirectiveNode, name: string) =>
  given.find((argument) => argument.name.value === name)?.value;

export interface IncrementalUse {
  /** The same without these directives: for whoever takes one answer only. */
  readonly whole: DocumentNode;
  readonly streams: readonly DirectiveNode[];
}

// Documents are kept parsed, so what is found of one lasts as long as it does.
const found = new WeakMap<DocumentNode, IncrementalUse | { readonly whole: null }>();

/** null: the document knows nothing of parts, as most do not. */
export function incrementalUse(document: DocumentNode): IncrementalUse | null {
  let use = found.get(document);
  if (use === undefined) {
    use = read(document) ?? { whole: null };
    found.set(document, use);
  }
  return use.whole === null ? null : use;
}

function read(document: DocumentNode): IncrementalUse | null {
  const streams: DirectiveNode[] = [];
  const whole = visit(document, {
    Directive: (node) => {
      if (!isIncremental(node)) return undefined;
      if (isStream(node)) streams.push(node);
      return null;
    },
  });
  return whole === document ? null : { whole, streams };
}

/**
 * Whether a variable gives an `initialCount` that cannot be; null: none does. The executor would take it for a defect.
 * @param variables as they were sent
 */
export function initialCountFault(
  { streams }: IncrementalUse,
  { variableDefinitions = [] }: Pick<OperationDefinitionNode, 'variableDefinitions'>,
  variables: Readonly<Record<string, unknown>>,
): GatewayError | null {
  for (const stream of streams) {
    const value = argumentOf(stream, 'initialCount');
    if (value === undefined) continue;
    const given =
      value.kind === Kind.VARIABLE
        ? variableValue(value.name.value, variableDefinitions, variables)
        : valueFromAST(value, GraphQLInt);
    if (given === null || (typeof given === 'number' && given < 0)) return invalidCount();
  }
  return null;
}

function variableValue(
  name: string,
  definitions: NonNullable<OperationDefinitionNode['variableDefinitions']>,
  variables: Readonly<Record<string, unknown>>,
): unknown {
  if (Object.hasOwn(variables, name)) return variables[name];
  const fallback = definitions.find(({ variable }) => variable.name.value === name)?.defaultValue;
  return fallback && valueFromASTUntyped(fallback);
}

function invalidCount(): GatewayError {
  const message = '@stream(initialCount:) must be 0 or more. Nothing was sent.';
  return new GatewayError('BAD_USER_INPUT', message, {
    fields: [{ path: null, code: 'INVALID', message, sourceKey: 'initialCount' }],
  });
}
