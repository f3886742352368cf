import {
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type ParseOptions,
  type Source,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';
import { documentFault, type DocumentLimits } from '../graphql/documents/limits.ts';
import { withoutSuggestion } from '../graphql/documents/suggestions.ts';

/** What documents may be, wherever they come from. */
export interface DocumentRules extends DocumentLimits {
  /**
   * Lexical tokens of a document. Checking a document takes time that grows with the square of its fields:
   * without a ceiling one request of 1 MB would hold everybody up for hours.
   */
  readonly maxTokens: number;
  /** Whether the schema tells what it is. */
  readonly introspection: boolean;
  /** Whether an error proposes names of the schema. */
  readonly fieldSuggestions: boolean;
}

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

/** Limits on documents, wherever they come from. They are checked once for each document that is kept parsed. */
export function useDocumentRules(rules: DocumentRules): Plugin {
  const { maxTokens, introspection, fieldSuggestions } = rules;
  const further = introspection ? [] : [NoSchemaIntrospectionCustomRule];

  const safeParse = (source: string | Source, options?: ParseOptions): DocumentNode =>
    guarded(
      () => parse(source, { ...options, maxLexicalTokens: maxTokens }),
      () => {
        throw tooDeep('GRAPHQL_PARSE_FAILED');
      },
    );
  const safeValidate: typeof validate = (schema, document, usual = specifiedRules, options = {}) =>
    guarded(
      () => {
        const fault = documentFault(document, rules);
        if (fault) return [fault];
        const checks = [...usual, ...further];
        const errors = validate(schema, document, checks, { ...options, hideSuggestions: !fieldSuggestions });
        return fieldSuggestions ? errors : errors.map(withoutSuggestion);
      },
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

/** Variables are checked by execution, which always proposes names. */
export function useNoSuggestions(): Plugin {
  const clean = <T extends object>(result: T): T =>
    'errors' in result && Array.isArray(result.errors)
      ? { ...result, errors: result.errors.map((error: GraphQLError) => withoutSuggestion(error)) }
      : result;
  return {
    onExecute: () => ({
      onExecuteDone: ({ result, setResult }) => setResult(clean(result)),
    }),
    onSubscribe: () => ({
      onSubscribeResult: ({ result, setResult }) => setResult(clean(result)),
    }),
  };
}

/** Characters of documents kept parsed; a longer one than a hundredth of that is parsed each time. */
const keptCharacters = 8_000_000;

/**
 * Parsed documents, bounded by their size: a thousand documents of 1 MB each must not stay in memory.
 * @param trusted those that stay whatever comes
 */
export function createDocumentCaches(trusted: Iterable<string> = []) {
  const listed = new Set(trusted);
  const lasting = new Map<string, DocumentNode>();
  const documents = new LRUCache<string, DocumentNode>({
    max: 1000,
    maxSize: keptCharacters,
    maxEntrySize: keptCharacters / 100,
    sizeCalculation: (_document, text) => text.length + 1,
  });
  return {
    documentCache: {
      get: (text: string) => lasting.get(text) ?? documents.get(text),
      set: (text: string, document: DocumentNode) => {
        (listed.has(text) ? lasting : documents).set(text, document);
      },
    },
    // Errors are cheap to find again, and only whoever makes them would gain.
    errorCache: { get: () => undefined, set: () => undefined },
  };
}
