import { readFile, writeFile } from 'node:fs/promises';
import { compile } from 'json-schema-to-typescript';
import * as z from 'zod';

const documentFile = new URL('../../../schema/helpdesk.openapi.json', import.meta.url);
const typesFile = new URL('./wire.gen.ts', import.meta.url);

const banner = `// Generated from schema/helpdesk.openapi.json by wire.codegen.ts. Do not edit.

import type { Json } from '../../domain/json.ts';`;

/** The types of the REST contract, as text: one `Wire…` for each schema of the OpenAPI document. */
export async function wireTypes(): Promise<string> {
  const text = await readFile(documentFile, 'utf8');
  // The generator reads JSON Schema, where shared schemas are `definitions`. The prefix keeps them apart from the
  // domain's types of the same names.
  const { components } = openApiDocument.parse(
    JSON.parse(text.replaceAll('"#/components/schemas/', '"#/definitions/Wire')),
  );
  const definitions = Object.fromEntries(
    Object.entries(components.schemas).map(([name, schema]) => [`Wire${name}`, schema]),
  );
  definitions['WireJson'] = { description: 'Any JSON value.', tsType: 'Json' };
  const types = await compile({ definitions, type: 'object' }, rootName, {
    additionalProperties: false,
    bannerComment: banner,
    ignoreMinAndMaxItems: true,
    strictIndexSignatures: true,
    unreachableDefinitions: true,
    style: { printWidth: 110, singleQuote: true, trailingComma: 'all' },
  });
  return types.replace(`export interface ${rootName} {}\n`, '').replaceAll(rootReference, '');
}

/** Writes `wire.gen.ts`. */
export async function generateWireTypes(): Promise<void> {
  await writeFile(typesFile, await wireTypes());
}

// What holds the definitions is of no interest, nor is the generator's remark in each comment that it does.
const rootName = 'WireContract';
const rootReference = /(?: \*\n)? \* This \w+ was referenced by `WireContract`'s JSON-Schema\n.*\n/g;

/** As much of it as is read here. */
const openApiDocument = z.object({
  components: z.object({ schemas: z.record(z.string(), z.record(z.string(), z.unknown())) }),
});

if (import.meta.main) await generateWireTypes();
