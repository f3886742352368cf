import { GraphQLError, Kind, valueFromASTUntyped } from 'graphql';
import { z } from 'zod';
import type { Json } from '../domain/json.ts';
import { builder } from './builder.ts';

const dateTimeInput = z.iso.datetime({ offset: true });
const dateInput = z.iso.date();
const jsonInput: z.ZodType<Json> = z.json();

function parsed<T>(schema: z.ZodType<T>, value: unknown, wanted: string): T {
  const result = schema.safeParse(value);
  if (!result.success) throw new GraphQLError(wanted);
  return result.data;
}

export const DateTimeScalar = builder.scalarType('DateTime', {
  description:
    'A point in time, ISO 8601. Leaves exactly as the backend sent it; input takes any offset: `2026-11-20T09:30:00+01:00`, `2026-11-20T08:30:00Z`.',
  serialize: (value) => value,
  parseValue: (value) =>
    parsed(dateTimeInput, value, 'Not a DateTime. Write ISO 8601 with seconds and an offset or Z.'),
});

export const DateScalar = builder.scalarType('Date', {
  description: 'A day of the calendar, ISO 8601: `2026-11-20`. It has no time zone.',
  serialize: (value) => value,
  parseValue: (value) => parsed(dateInput, value, 'Not a Date. Write YYYY-MM-DD.'),
});

export const JsonScalar = builder.scalarType('JSON', {
  description: 'Any JSON value (RFC 8259), as the backend sent it.',
  serialize: (value) => value,
  parseValue: (value) => parsed(jsonInput, value, 'Not a JSON value.'),
  parseLiteral: (ast, variables) => {
    if (ast.kind === Kind.ENUM) throw new GraphQLError('Not a JSON value: strings need quotes.');
    return parsed(jsonInput, valueFromASTUntyped(ast, variables), 'Not a JSON value.');
  },
});
