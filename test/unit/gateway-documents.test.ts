import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import { StartError } from '../../src/domain/start-error.ts';
import { createGatewayDocuments } from '../../src/gateway-documents.ts';
import { makeFolder } from '../support/folder.ts';

const read = (file: string) =>
  createGatewayDocuments({ ...parseConfig({}).documents, trusted: { mode: 'ONLY', file } });

async function readContent(content: string) {
  await using folder = await makeFolder();
  const file = join(folder.path, 'list.json');
  await writeFile(file, content);
  return read(file);
}

const apollo = (version: number) =>
  JSON.stringify({
    format: 'apollo-persisted-query-manifest',
    version,
    operations: [{ id: 'a', name: 'A', type: 'query', body: '{ a }' }],
  });

test.for([
  ['codegen', JSON.stringify({ 'sha256:a': '{ a }' })],
  ['Relay', JSON.stringify({ a: '{ a }' })],
  ['Apollo', apollo(1)],
] as const)('a list may be as %s writes it', async ([, content]) => {
  const { trusted, documentOf } = await readContent(content);
  expect([...trusted]).toEqual([['a', '{ a }']]);
  expect(documentOf({ documentId: 'a' })).toBe('{ a }');
  expect(documentOf({ documentId: 'sha256:a' })).toBe('{ a }');
});

test.for([
  ['no JSON', '{', 'is not JSON'],
  ['a list', '[]', 'is no list of documents'],
  ['without text', '{"a":""}', 'is no list of documents'],
  ['a version of Apollo’s that is not known', apollo(2), 'is no list of documents'],
  ['ambiguous', JSON.stringify({ a: '{ a }', 'sha256:a': '{ b }' }), 'two documents with the id sha256:a'],
] as const)('one that is %s is refused with its name and its fault', async ([, content, fault]) => {
  const error = await readContent(content).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(StartError);
  expect(String(error)).toMatch(/TRUSTED_DOCUMENTS_FILE: .*list\.json /);
  expect(String(error)).toContain(fault);
});

test('one that is not there is refused', () => {
  expect(() => read('/nowhere/list.json')).toThrow('/nowhere/list.json cannot be read (ENOENT)');
});

test('without a list every id is unknown', () => {
  const { documentOf } = createGatewayDocuments(parseConfig({}).documents);
  expect(documentOf({ query: '{ a }', documentId: 'a' })).toBe('{ a }');
  expect(() => documentOf({ documentId: 'a' })).toThrow('PersistedQueryNotSupported');
});
