/**
 * Global ids, resolved at once. The relay plugin resolves each by promises, and one promise among an object's fields
 * makes a promise of the object, of the list around it, and so on: half of what it costs to execute a list.
 */
import { isObjectType, type GraphQLSchema } from 'graphql';
import type { GatewayContext } from './context.ts';
import { encodeNodeId, nodeTypenames } from './node-id.ts';

declare module 'graphql' {
  // The parameters' names are those of the declaration that this one extends.
  interface GraphQLFieldExtensions<_TSource, _TContext, _TArgs> {
    readonly nodeId?: NodeIdOf;
  }
}

interface NodeIdOf {
  /** The backend's own id of the object that the field belongs to. */
  idOf(node: unknown): string;
}

/** The `id` of a node, for `builder.node` and its like. @param idOf the backend's own id, no promise of one */
export const nodeId = <Node>(idOf: (node: Node) => string) => ({
  resolve: idOf,
  extensions: { nodeId: { idOf } },
});

/** Puts resolvers that answer at once in the place of those that the relay plugin made of `nodeId`. */
export function resolveIdsAtOnce(schema: GraphQLSchema): GraphQLSchema {
  for (const typename of nodeTypenames) {
    const type = schema.getType(typename);
    const field = isObjectType(type) ? type.getFields()['id'] : undefined;
    const nodeIdOf = field?.extensions.nodeId;
    if (!field || !nodeIdOf) continue;
    field.resolve = (node, _args, { backend }: GatewayContext) =>
      encodeNodeId(backend.kind, typename, nodeIdOf.idOf(node));
  }
  return schema;
}
