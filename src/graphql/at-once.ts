/**
 * Values that need no waiting, resolved at once. Plugins of the builder resolve ids by promises and look at each value of
 * a loadable type for ids to load; one promise among an object's fields makes a promise of the object, of the list around
 * it, and so on: half of what it costs to execute a list.
 */
import { isObjectType, type GraphQLSchema } from 'graphql';
import type { GatewayContext } from './context.ts';
import { encodeNodeId, nodeTypenames } from './node-id.ts';

declare module 'graphql' {
  // The parameters' names are those of the declaration that this one extends.
  interface GraphQLFieldExtensions<_TSource, _TContext, _TArgs> {
    readonly nodeId?: NodeIdOf;
    readonly atHand?: ValueOf;
  }
}

interface NodeIdOf {
  /** The backend's own id of the object that the field belongs to. */
  idOf(node: unknown): string;
}

interface ValueOf {
  /** What the field leads to. */
  valueOf(parent: unknown): unknown;
}

/** The `id` of a node, for `builder.node` and its like. @param idOf the backend's own id, no promise of one */
export const nodeId = <Node>(idOf: (node: Node) => string) => ({
  resolve: idOf,
  extensions: { nodeId: { idOf } },
});

/** Resolves a field of a loadable type whose value its parent holds. @param valueOf no id to be loaded, no promise */
export const atHand = <Parent, Value>(valueOf: (parent: Parent) => Value) => ({
  resolve: valueOf,
  extensions: { atHand: { valueOf } },
});

/** Puts resolvers that answer at once in the place of those that plugins made of `nodeId` and `atHand`. */
export function resolveAtOnce(schema: GraphQLSchema): GraphQLSchema {
  for (const typename of nodeTypenames) {
    const type = schema.getType(typename);
    const field = isObjectType(type) ? type.getFields()['id'] : undefined;
    const nodeIdOf = field?.extensions.nodeId;
    if (!field || !nodeIdOf) continue;
    field.resolve = (node, _args, { backend }: GatewayContext) =>
      encodeNodeId(backend.kind, typename, nodeIdOf.idOf(node));
  }
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const { atHand: held } = field.extensions;
      if (held) field.resolve = held.valueOf;
    }
  }
  return schema;
}
