import { GatewayError } from '../domain/errors.ts';
import { documentIdOf } from './trusted-documents.ts';

/** What a client asks to be run (GraphQL over HTTP, 6.1). */
export interface GraphQLParams {
  query?: string;
  /** The id of a document; null: it names none. */
  documentId: string | null;
  operationName?: string;
  variables?: Record<string, unknown>;
  extensions?: Record<string, unknown>;
}

/** Levels of nesting in `variables` and `extensions`: deeper ones would overflow the stack of whoever walks them. */
const maxDepth = 100;

const invalid = (message: string) => new GatewayError('INVALID_REQUEST', message);

/** Reads the body of a POST. @throws GatewayError INVALID_REQUEST */
export function paramsOfBody(body: Buffer): GraphQLParams {
  const text = body.toString('utf8');
  if (text.trim() === '') throw invalid('The body is empty: send { "query": "…" }.');
  const parsed = parseJson(text, 'The body');
  if (Array.isArray(parsed)) throw invalid('Send one operation at a time, not a list.');
  if (!isObject(parsed)) throw invalid('The body must be an object: { "query": "…" }.');
  return checked(parsed);
}

/** Reads the query string of a GET. @throws GatewayError INVALID_REQUEST */
export function paramsOfQuery(search: string): GraphQLParams {
  const params = new URLSearchParams(search);
  const json = (name: string): unknown => {
    const text = params.get(name);
    return text === null || text === '' ? undefined : parseJson(text, name);
  };
  return checked({
    query: params.get('query') ?? undefined,
    operationName: params.get('operationName') ?? undefined,
    variables: json('variables'),
    extensions: json('extensions'),
    documentId: params.get('documentId') ?? undefined,
    doc_id: params.get('doc_id') ?? undefined,
  });
}

/** Refuses variables that are nested so deeply that walking them is a danger. @throws GatewayError INVALID_REQUEST */
export function refuseDeep(value: unknown): void {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > maxDepth) throw invalid(`Variables may be nested ${maxDepth} levels deep.`);
    level = level.flatMap(nestedIn);
  }
}

const nestedIn = (value: unknown): unknown[] => {
  if (typeof value !== 'object' || value === null) return [];
  const members: unknown[] = Object.values(value);
  return members.filter((member) => typeof member === 'object');
};

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(`${what} is not valid JSON.`);
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function checked({
  query,
  operationName,
  variables,
  extensions,
  documentId,
  doc_id: relayId,
  ...others
}: Record<string, unknown>): GraphQLParams {
  const params: GraphQLParams = { documentId: documentIdOf({ documentId, doc_id: relayId, extensions }) };
  if (Object.keys(others).length > 0) {
    throw invalid(
      'The request has members that are none of query, documentId, doc_id, operationName, variables and extensions.',
    );
  }
  if (isGiven(query)) {
    if (typeof query !== 'string') throw invalid('query must be a string.');
    params.query = query;
  }
  if (isGiven(operationName)) {
    if (typeof operationName !== 'string') throw invalid('operationName must be a string.');
    params.operationName = operationName;
  }
  if (isGiven(variables)) {
    if (!isObject(variables)) throw invalid('variables must be an object.');
    refuseDeep(variables);
    params.variables = variables;
  }
  if (isGiven(extensions)) {
    if (!isObject(extensions)) throw invalid('extensions must be an object.');
    refuseDeep(extensions);
    params.extensions = extensions;
  }
  return params;
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;
