import { writeFile } from 'node:fs/promises';
import { generate, type CodegenConfig } from '@graphql-codegen/cli';
import { generateWireTypes } from './src/backends/helpdesk/wire.codegen.ts';
import { printGatewaySchema } from './src/graphql/print-schema.ts';

/**
 * Typed documents for whoever speaks to the gateway in TypeScript: here, the tests. `persisted-documents.json` beside them
 * lists them by their hashes: a gateway takes it as TRUSTED_DOCUMENTS_FILE.
 */
const config: CodegenConfig = {
  schema: 'schema/schema.graphql',
  documents: 'schema/operations/*.graphql',
  generates: {
    'test/support/generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false, persistedDocuments: { hashAlgorithm: 'sha256' } },
      config: {
        useTypeImports: true,
        scalars: { DateTime: 'string', Date: 'string', JSON: 'unknown', ID: 'string' },
      },
    },
  },
  importExtension: '.ts',
  silent: true,
};

export default config;

// As a program (`npm run codegen`) it makes everything that is generated and committed, each from the one before.
if (import.meta.main) {
  await generateWireTypes();
  await writeFile(new URL('schema/schema.graphql', import.meta.url), printGatewaySchema());
  await generate(config, true);
}
