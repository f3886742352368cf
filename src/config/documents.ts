import { z } from 'zod';
import type { Reader } from './reader.ts';
import { filePath, flag, isLoopback, wholeNumber } from './values.ts';

/**
 * OFF: clients send their documents. ONLY: they send ids of documents that the deployment lists, and nothing else runs.
 * ALSO: either.
 */
export type TrustedDocumentsMode = 'OFF' | 'ALSO' | 'ONLY';

/** What a document may be, wherever it comes from. */
export interface DocumentsConfig {
  /** Fields inside each other. */
  readonly maxDepth: number;
  /** Aliases of an operation, its fragments written out. */
  readonly maxAliases: number;
  /** Fields of an operation's first level. */
  readonly maxRootFields: number;
  /** Directives of an operation, its fragments written out. */
  readonly maxDirectives: number;
  /** Lexical tokens. */
  readonly maxTokens: number;
  /** Fields that one operation, or one event of a subscription, may be estimated to resolve. */
  readonly maxResolvedFields: number;
  /** Whether the schema tells what it is. */
  readonly introspection: boolean;
  /** Whether an error proposes names of the schema. */
  readonly fieldSuggestions: boolean;
  readonly trusted: {
    readonly mode: TrustedDocumentsMode;
    /** The manifest; null: there is none, and the mode is OFF. */
    readonly file: string | null;
  };
}

const mode = z
  .enum(['off', 'also', 'only'], 'must be off, also or only')
  .transform((name): TrustedDocumentsMode => {
    if (name === 'off') return 'OFF';
    return name === 'also' ? 'ALSO' : 'ONLY';
  });

/** @param listensOn `HOST` */
export function readDocuments(reader: Reader, listensOn: string): DocumentsConfig {
  const { read, isSet } = reader;
  // Who only sees the sandbox learns nothing of anybody's helpdesk, and others do not reach a loopback.
  const open = isLoopback(listensOn) || !isSet('HELPDESK_URL');
  const introspection = read('INTROSPECTION', flag, open);
  return {
    maxDepth: read('MAX_DEPTH', wholeNumber(1, 500), 15),
    maxAliases: read('MAX_ALIASES', wholeNumber(0, 100_000), 200),
    maxRootFields: read('MAX_ROOT_FIELDS', wholeNumber(1, 100_000), 200),
    maxDirectives: read('MAX_DIRECTIVES', wholeNumber(0, 100_000), 50),
    maxTokens: read('MAX_TOKENS', wholeNumber(10, 1_000_000), 2000),
    maxResolvedFields: read('MAX_RESOLVED_FIELDS', wholeNumber(1, 100_000_000), 100_000),
    introspection,
    fieldSuggestions: read('FIELD_SUGGESTIONS', flag, introspection),
    trusted: readTrusted(reader),
  };
}

function readTrusted({ read, isSet, fault }: Reader): DocumentsConfig['trusted'] {
  const wanted = read('TRUSTED_DOCUMENTS', mode, 'OFF');
  const file = read('TRUSTED_DOCUMENTS_FILE', filePath, null);
  if (wanted !== 'OFF' && !isSet('TRUSTED_DOCUMENTS_FILE'))
    fault('TRUSTED_DOCUMENTS_FILE', 'is missing: it lists the documents that TRUSTED_DOCUMENTS speaks of');
  // Who writes a list and forgets the mode believes that nothing else runs.
  if (isSet('TRUSTED_DOCUMENTS_FILE') && !isSet('TRUSTED_DOCUMENTS'))
    fault('TRUSTED_DOCUMENTS', 'is missing beside TRUSTED_DOCUMENTS_FILE: set it to also, only or off');
  return wanted === 'OFF' ? { mode: wanted, file: null } : { mode: wanted, file };
}
