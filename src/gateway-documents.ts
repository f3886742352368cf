/** What operations may be: the limits of documents, and the list of those that are trusted. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { DocumentsConfig } from './config/documents.ts';
import type { Log } from './domain/log.ts';
import { StartError } from './domain/start-error.ts';
import type { GraphQLOverHttp } from './http/graphql-over-http.ts';
import type { Engine } from './http/sockets/socket-operations.ts';
import {
  bareId,
  createDocumentOf,
  type DocumentOf,
  type TrustedDocuments,
} from './http/trusted-documents.ts';

/** What the HTTP layer and the sockets take from here. */
export interface GatewayDocuments {
  readonly documentOf: DocumentOf;
  readonly trusted: TrustedDocuments;
}

/** Codegen's `persistedDocuments` and Relay's: `{ "<id>": "<document>" }`. */
const plainManifest = z.record(z.string().min(1), z.string().min(1));

/** That of Apollo's `generate-persisted-query-manifest`. */
const apolloManifest = z.object({
  format: z.literal('apollo-persisted-query-manifest'),
  version: z.literal(1),
  operations: z.array(z.object({ id: z.string().min(1), body: z.string().min(1) })),
});

/** @throws StartError that says what is wrong with the manifest */
export function createGatewayDocuments({ trusted: { mode, file } }: DocumentsConfig): GatewayDocuments {
  const trusted = file === null ? new Map<string, string>() : readManifest(file);
  return { documentOf: createDocumentOf(mode, trusted), trusted };
}

function readManifest(file: string): TrustedDocuments {
  const documents = parseManifest(readJson(file));
  if (documents === null) {
    throw unusable(
      file,
      'is no list of documents: neither { "<id>": "<document>" }, as GraphQL codegen and Relay write it, nor Apollo’s operation manifest',
    );
  }
  const trusted = new Map<string, string>();
  for (const [id, text] of documents) {
    const other = trusted.get(bareId(id));
    if (other !== undefined && other !== text) throw unusable(file, `has two documents with the id ${id}`);
    trusted.set(bareId(id), text);
  }
  return trusted;
}

/** null: it is none. */
function parseManifest(json: unknown): readonly (readonly [id: string, document: string])[] | null {
  const apollo = apolloManifest.safeParse(json);
  if (apollo.success) return apollo.data.operations.map(({ id, body }) => [id, body] as const);
  const plain = plainManifest.safeParse(json);
  return plain.success ? Object.entries(plain.data) : null;
}

function readJson(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw unusable(file, `cannot be read (${codeOf(error)})`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw unusable(file, 'is not JSON');
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';

const unusable = (file: string, fault: string): StartError =>
  new StartError(`TRUSTED_DOCUMENTS_FILE: ${file} ${fault}.`);

/** Ids that a line of the log names. */
const named = 10;

/**
 * Parses and checks what is trusted, as a request would: it is kept, and what does not fit the schema is told now and not
 * by the first client. The gateway starts all the same: a list may hold documents of clients that are no more.
 */
export function prepareTrusted(graphql: GraphQLOverHttp, { trusted }: GatewayDocuments, log: Log): void {
  const engine: Pick<Engine, 'parse' | 'validate' | 'schema'> = graphql.getEnveloped({});
  const faults: { id: string; fault: string }[] = [];
  for (const [id, text] of trusted) {
    try {
      const [error] = engine.validate(engine.schema, engine.parse(text));
      if (error) faults.push({ id, fault: error.message });
    } catch (error) {
      faults.push({ id, fault: error instanceof Error ? error.message : String(error) });
    }
  }
  if (trusted.size === 0) return;
  log.info({ documents: trusted.size }, 'trusted documents read');
  if (faults.length === 0) return;
  log.warn(
    { count: faults.length, faults: faults.slice(0, named) },
    'trusted documents that will be refused: they do not fit the schema or the limits',
  );
}
