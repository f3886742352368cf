/** The arguments that page a list, the same for every list. */
import type { ArgBuilder } from '@pothos/core';
import { z } from 'zod';
import type { builder } from '../builder.ts';
import type { ConnectionArguments } from '../connection.ts';

type TypesOf<Builder> = Builder extends PothosSchemaTypes.SchemaBuilder<infer Types> ? Types : never;

/** `t.arg`, wherever `t` comes from. */
export type ArgumentBuilder = ArgBuilder<TypesOf<typeof builder>>;

/** Rows of one request to a list, at most. Above a page of the backend, several are read. */
export const maxFirst = 500;

const firstInput = z
  .int()
  .min(0, 'At least 0: lists read forward only.')
  .max(maxFirst, `At most ${maxFirst}. Ask for the rest with "after".`);

/** `first` and `after`. There is no `last` and no `before`: the backends read forward only. */
export const pageArguments = (arg: ArgumentBuilder, defaultFirst: number) => ({
  first: arg.int({
    defaultValue: defaultFirst,
    validate: firstInput,
    description: `Rows wanted, 0 to ${maxFirst}. 0 asks only whether there are any (\`pageInfo.hasNextPage\`), for one request to each list it is read from.`,
  }),
  after: arg.string({
    description: 'A cursor of any edge of the same list, filter and order: rows right after it.',
  }),
});

/** An explicit null means what leaving it out means. */
export const pageOf = (
  { first, after }: { first?: number | null | undefined; after?: string | null | undefined },
  defaultFirst: number,
): ConnectionArguments => ({ first: first ?? defaultFirst, after: after ?? null });
