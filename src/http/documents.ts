import { GraphQLError, parse, validate, type DocumentNode, type ParseOptions, type Source } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';

/**
 * Lexical tokens of a document. Checking a document takes time that grows with the square of its fields:
 * without a ceiling one request of 1 MB would hold everybody up for hours.
 */
const maxTokens = 2000;

const tooDeep = (code: 'GRAPHQL_PARSE_FAILED' | 'GRAPHQL_VALIDATION_FAILED') =>
  new GraphQLError('The document is nested too deeply.', { extensions: { code } });

/** A stack overflow while reading a document is the document's fault, not a defect. */
function guarded<T>(read: () => T, overflow: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return overflow();
    throw error;
  }
}

/** Limits on documents, wherever they come from. */
export function useDocumentLimits(): Plugin {
  const safeParse = (source: string | Source, options?: ParseOptions): DocumentNode =>
    guarded(
      () => parse(source, { ...options, maxLexicalTokens: maxTokens }),
      () => {
        throw tooDeep('GRAPHQL_PARSE_FAILED');
      },
    );
  const safeValidate = (...args: Parameters<typeof validate>): readonly GraphQLError[] =>
    guarded(
      () => validate(...args),
      () => [tooDeep('GRAPHQL_VALIDATION_FAILED')],
    );
  return {
    onParse({ setParseFn }) {
      setParseFn(safeParse);
    },
    onValidate({ setValidationFn }) {
      setValidationFn(safeValidate);
    },
  };
}

/** Characters of documents kept parsed; a longer one than a hundredth of that is parsed each time. */
const keptCharacters = 8_000_000;

/** Parsed documents, bounded by their size: a thousand documents of 1 MB each must not stay in memory. */
export function createDocumentCaches() {
  const documents = new LRUCache<string, DocumentNode>({
    max: 1000,
    maxSize: keptCharacters,
    maxEntrySize: keptCharacters / 100,
    sizeCalculation: (_document, text) => text.length + 1,
  });
  return {
    documentCache: documents,
    // Errors are cheap to find again, and only whoever makes them would gain.
    errorCache: { get: () => undefined, set: () => undefined },
  };
}
