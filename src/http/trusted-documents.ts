/** What a request is to run: the document that it sends, or one that it names by an id. Every transport asks here. */
import { GatewayError } from '../domain/errors.ts';

/** Documents by their ids. */
export type TrustedDocuments = ReadonlyMap<string, string>;

/** As far as a request says what is to be run. */
export interface Asked {
  readonly query?: string | undefined;
  /** null: it names none. */
  readonly documentId: string | null;
}

/** @throws GatewayError INVALID_REQUEST, or that the id or the document is not one that may run */
export type DocumentOf = (asked: Asked) => string;

/** @param mode see `TrustedDocumentsMode` */
export function createDocumentOf(mode: 'OFF' | 'ALSO' | 'ONLY', trusted: TrustedDocuments): DocumentOf {
  return ({ query, documentId }) => {
    const known = documentId === null ? undefined : trusted.get(bareId(documentId));
    // Some clients send the text along, on sockets for one. With an id that is known it need not be believed.
    if (known !== undefined) return known;
    if (mode === 'ONLY') throw notInList();
    if (query !== undefined && query !== '') return query;
    if (documentId === null) throw new GatewayError('INVALID_REQUEST', 'The request has no query.');
    throw mode === 'ALSO' ? notFound() : notSupported();
  };
}

// Clients know the first two by their texts, and send the document itself thereupon.
const notSupported = () => new GatewayError('PERSISTED_QUERY_NOT_SUPPORTED', 'PersistedQueryNotSupported');
const notFound = () => new GatewayError('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound');
const notInList = () =>
  new GatewayError(
    'PERSISTED_QUERY_NOT_IN_LIST',
    'This gateway runs the documents of its list and no others. Send the id of one of them.',
  );

/** Ids that are hashes may say so (GraphQL over HTTP, appendix A). */
export const bareId = (id: string): string => id.replace(/^sha256:/, '');

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Where clients put an id. */
export interface IdMembers {
  /** GraphQL over HTTP, urql. */
  readonly documentId?: unknown;
  /** Relay. */
  readonly doc_id?: unknown;
  /** Apollo and urql: `persistedQuery: { version: 1, sha256Hash }`. */
  readonly extensions?: unknown;
}

/** @returns null: there is none. @throws GatewayError INVALID_REQUEST */
export function documentIdOf({ documentId, doc_id: relayId, extensions }: IdMembers): string | null {
  const persisted = isObject(extensions) ? extensions['persistedQuery'] : undefined;
  const hash = isObject(persisted) ? persisted['sha256Hash'] : undefined;
  const id = documentId ?? relayId ?? hash ?? null;
  if (id === null || typeof id === 'string') return id;
  throw new GatewayError('INVALID_REQUEST', 'The id of a document must be a string.');
}
