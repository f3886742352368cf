/**
 * The schema’s directives. Those of fields describe: what a field needs (`levels.ts` enforces it), what it costs, when it is
 * null. Those of documents are carried out by the executor.
 */
import {
  DirectiveLocation,
  GraphQLBoolean,
  GraphQLDirective,
  GraphQLEnumType,
  type GraphQLEnumValueConfig,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLString,
  specifiedDirectives,
} from 'graphql';
import type { ApiLevel } from '../domain/caller.ts';

const locations = [DirectiveLocation.FIELD_DEFINITION];

const levels = {
  READ: { description: 'Reads tickets, ticket fields and their options.' },
  WRITE: { description: 'Also writes tickets.' },
  ADMIN: { description: 'Also writes ticket fields and options, and reads and writes webhooks.' },
} as const satisfies Record<ApiLevel, GraphQLEnumValueConfig>;

/** Nothing but a directive speaks of it, so it is no type of the builder's. */
const apiLevel = new GraphQLEnumType({
  name: 'ApiLevel',
  description: 'Levels of an API key, each including the ones before it.',
  values: levels,
});

/** Arguments of both directives that cut an answer into parts. */
const inParts = {
  if: {
    type: new GraphQLNonNull(GraphQLBoolean),
    defaultValue: true,
    description: 'Without effect where it is false.',
  },
  label: {
    type: GraphQLString,
    description: 'A name for its parts, written out and used once in a document.',
  },
};

export const deferDirective = new GraphQLDirective({
  name: 'defer',
  description:
    'What this fragment selects may come later, in a part of its own. For clients that take an answer in parts (`Accept: multipart/mixed`); others get it whole. Not in subscriptions, and not on the fields of `Mutation` themselves.',
  locations: [DirectiveLocation.FRAGMENT_SPREAD, DirectiveLocation.INLINE_FRAGMENT],
  args: inParts,
});

export const streamDirective = new GraphQLDirective({
  name: 'stream',
  description:
    'Items of this list after the first `initialCount` may come later, in parts: of a long list of tickets as its pages are read. For clients that take an answer in parts, as with `@defer`.',
  locations: [DirectiveLocation.FIELD],
  args: {
    ...inParts,
    initialCount: {
      type: GraphQLInt,
      defaultValue: 0,
      description: 'Items that are not to come later, 0 or more.',
    },
  },
});

export const directives: readonly GraphQLDirective[] = [
  ...specifiedDirectives,
  deferDirective,
  streamDirective,
  new GraphQLDirective({
    name: 'requiresLevel',
    description:
      'The level that this field needs. A field without it needs READ. The gateway enforces it where it knows the level of whoever asks, else the backend does by the key; what is below it gets INSUFFICIENT_API_PERMISSION.',
    locations,
    args: { level: { type: new GraphQLNonNull(apiLevel), description: 'The lowest level that suffices.' } },
  }),
  new GraphQLDirective({
    name: 'backendCost',
    description:
      'The most REST requests that one selection of this field causes in an operation, through however many rows of a list, attempts that are repeated aside. A field without it causes none of its own. What an operation is estimated to cost is usually less.',
    locations,
    args: {
      requests: { type: new GraphQLNonNull(GraphQLInt), description: 'The ceiling, in REST requests.' },
    },
  }),
  new GraphQLDirective({
    name: 'semanticNonNull',
    description:
      'Null only together with an error at the same path: a client that handles errors first may treat the value as non-null.',
    locations,
    args: {
      levels: {
        type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(GraphQLInt))),
        defaultValue: [0],
        description: 'The list levels this holds for; 0 is the field itself.',
      },
    },
  }),
];
