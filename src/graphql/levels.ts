/** Where the caller's level is known, it is enforced here, from the directive that the schema shows. */
import {
  defaultFieldResolver,
  isObjectType,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLSchema,
} from 'graphql';
import { z } from 'zod';
import { suffices, type ApiLevel } from '../domain/caller.ts';
import { GatewayError, type GatewayErrorOptions } from '../domain/errors.ts';
import type { GatewayContext } from './context.ts';

/**
 * A caller of unknown level passes: then it is the backend that refuses.
 * @throws GatewayError INSUFFICIENT_API_PERMISSION where it is known that the caller may not do what needs this level
 */
export function requireLevel(
  { caller }: Pick<GatewayContext, 'caller'>,
  required: ApiLevel,
  options: Pick<GatewayErrorOptions, 'outcome'> = {},
): void {
  const level = caller?.level ?? null;
  if (level === null || suffices(level, required)) return;
  throw new GatewayError(
    'INSUFFICIENT_API_PERMISSION',
    `This needs the level ${required}, and you have ${level}. Nothing was sent.`,
    { ...options, details: { requiredLevel: required } },
  );
}

/**
 * Puts a check before every field that the schema marks with @requiresLevel: none that is marked can be forgotten. It comes
 * before the resolver and what that reads of its arguments; the rest of the operation goes on. Fields without the mark need
 * READ, which every caller has, and cost nothing.
 * @returns the schema it was given
 */
export function enforceLevels(schema: GraphQLSchema): GraphQLSchema {
  const mutation = schema.getMutationType();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    const options = type === mutation ? ({ outcome: 'NOT_APPLIED' } as const) : {};
    const fields: Field[] = Object.values(type.getFields());
    for (const field of fields) {
      const level = levelOf(field);
      if (level === null) continue;
      const check = (context: GatewayContext): void => requireLevel(context, level, options);
      field.resolve = guarded(check, field.resolve ?? defaultFieldResolver);
      if (field.subscribe) field.subscribe = guarded(check, field.subscribe);
    }
  }
  return schema;
}

type Field = GraphQLField<unknown, GatewayContext>;
type Resolver = GraphQLFieldResolver<unknown, GatewayContext>;

const guarded =
  (check: (context: GatewayContext) => void, resolve: Resolver): Resolver =>
  (source, args, context, info) => {
    check(context);
    return resolve(source, args, context, info);
  };

/** As the builder leaves directives with a field. */
const marks = z.looseObject({
  requiresLevel: z.object({ level: z.enum(['READ', 'WRITE', 'ADMIN']) }).optional(),
});

/** What @requiresLevel says of a field; null: nothing. */
export const levelOf = ({ extensions }: Pick<Field, 'extensions'>): ApiLevel | null =>
  marks.parse(extensions['directives'] ?? {}).requiresLevel?.level ?? null;
