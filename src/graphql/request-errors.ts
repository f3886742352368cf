import { Kind, parse, visit, type ASTNode, type GraphQLError } from 'graphql';
import type { ErrorCode } from '../domain/error-codes.ts';
import type { FieldFault } from '../domain/errors.ts';

type Path = readonly (string | number)[];

/** What is wrong with a request that GraphQL itself refused. */
export interface RequestFault {
  readonly code: ErrorCode;
  readonly fields: readonly FieldFault[];
  /** What the HTTP layer makes of it, where nothing was executed. `spec`: only where the answer's media type allows a 4xx. */
  readonly http?: { readonly status: number; readonly spec: boolean };
}

/** Codes that layers below give, and ours. BAD_REQUEST is taken: the REST API's, for what the gateway sends. */
const codes: Readonly<Record<string, ErrorCode>> = {
  GRAPHQL_PARSE_FAILED: 'GRAPHQL_PARSE_FAILED',
  GRAPHQL_VALIDATION_FAILED: 'GRAPHQL_VALIDATION_FAILED',
  OPERATION_RESOLUTION_FAILURE: 'OPERATION_RESOLUTION_FAILURE',
  BAD_REQUEST: 'INVALID_REQUEST',
  REQUEST_ENTITY_TOO_LARGE: 'REQUEST_ENTITY_TOO_LARGE',
};

const refused = { status: 400, spec: true } as const;
const uncoercible =
  /^Variable "\$(\w+)" (?:got invalid value|of required type .* was not provided|of non-null type .* must not be null|expected value of type)/s;

/**
 * Recognises GraphQL's own errors: a document that cannot be read or does not fit the schema, variables and
 * arguments of a wrong type. null: not one of them.
 * @param pure whether nothing but a GraphQLError caused it. A scalar that chokes on a variable throws what it likes.
 */
export function requestError(error: GraphQLError, pure: boolean): RequestFault | null {
  const node = error.nodes?.[0];
  const variable = uncoercible.exec(error.message)?.[1];
  if (!error.path && variable !== undefined && node?.kind === Kind.VARIABLE_DEFINITION) {
    return { code: 'BAD_USER_INPUT', fields: [variableFault(error.message, variable, node)], http: refused };
  }
  if (!pure) return null;
  if (error.path) return node ? argumentFault(error, node) : null;
  const code = codes[error.extensions.code ?? ''];
  if (code) return { code, fields: [] };
  if (error.message.startsWith('Too many errors processing variables')) {
    return { code: 'BAD_USER_INPUT', fields: [], http: refused };
  }
  if (node?.loc) return { code: 'GRAPHQL_VALIDATION_FAILED', fields: [], http: refused };
  if (error.source) return { code: 'GRAPHQL_PARSE_FAILED', fields: [], http: refused };
  return null;
}

/**
 * An argument that turned out wrong when its field was about to run (a variable that was not sent).
 * Errors of resolvers and results point at the field itself.
 */
function argumentFault(error: GraphQLError, node: ASTNode): RequestFault | null {
  if (node.kind === Kind.FIELD) return null;
  const name = /^Argument "(\w+)"/.exec(error.message)?.[1];
  if (name === undefined) return null;
  const code = error.message.includes('was not provided') ? 'REQUIRED' : 'INVALID';
  return { code: 'BAD_USER_INPUT', fields: [fault([name], error.message, code)] };
}

const fault = (path: Path | null, message: string, code: string): FieldFault => ({
  path,
  code,
  message,
  sourceKey: null,
});

/** The place inside the variable is in the message and nowhere else; its place among the arguments, in the document. */
function variableFault(message: string, name: string, definition: ASTNode): FieldFault {
  const base = definition.loc ? argumentPath(definition.loc.source.body, name) : null;
  const [, inside = '', detail = ''] =
    /^.* at "\w+((?:\.\w+|\[\d+\])+)"; (.*)$/s.exec(message) ?? /^.*?()(; .*)$/s.exec(message) ?? [];
  const missing = /^(?:; )?Field "(\w+)" of required type .* was not provided\.$/s.exec(detail)?.[1];
  const code = missing !== undefined || message.endsWith('was not provided.') ? 'REQUIRED' : 'INVALID';
  const path = base && [...base, ...stepsOf(inside), ...(missing === undefined ? [] : [missing])];
  return fault(path, message, code);
}

/** `.customFields[1].value` → `['customFields', 1, 'value']` */
const stepsOf = (text: string): Path =>
  Array.from(text.matchAll(/\.(\w+)|\[(\d+)\]/g), ([, name, index]) => name ?? Number(index));

/** Where a document first hands a variable over: `input: { patch: $p }` → `['input', 'patch']`. */
function argumentPath(document: string, variable: string): Path | null {
  let found: Path | null = null;
  const steps: (string | number)[] = [];
  visit(parse(document, { noLocation: true }), {
    enter(node, key) {
      if (found) return false;
      if (node.kind === Kind.VARIABLE_DEFINITION) return false;
      if (node.kind === Kind.ARGUMENT || node.kind === Kind.OBJECT_FIELD) steps.push(node.name.value);
      else if (typeof key === 'number' && isInput(node)) steps.push(key);
      if (node.kind === Kind.VARIABLE && node.name.value === variable) found = [...steps];
      return undefined;
    },
    leave(node, key) {
      if (node.kind === Kind.ARGUMENT || node.kind === Kind.OBJECT_FIELD) steps.pop();
      else if (typeof key === 'number' && isInput(node)) steps.pop();
    },
  });
  return found;
}

/** A member of a list value: other nodes that sit in lists (selections, arguments) are no steps of an input's path. */
const isInput = (node: ASTNode): boolean =>
  node.kind === Kind.VARIABLE || node.kind === Kind.OBJECT || node.kind === Kind.LIST;
