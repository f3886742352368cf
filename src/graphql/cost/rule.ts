/** What a field says of the REST requests it will cause, from its arguments alone. */
import type { BackendCapabilities, BackendKind } from '../../domain/backend.ts';

/** What one selection of a field causes. What is absent is nothing. */
export interface FieldCost {
  /** Requests each time the field runs: in a list, once for each item. */
  readonly each?: number;
  /** Things of which an operation reads each but once, however often they are asked for: a request for each name. */
  readonly once?: readonly string[];
  /** Requests each time the field runs, and how many an operation makes of that name in all. */
  readonly pooled?: { readonly name: string; readonly requests: number; readonly ceiling: number };
  /** How many items its list, or the list below it, has at most. */
  readonly rows?: number;
  /** Of how many of the backend's lists the list below it is made. */
  readonly lists?: number;
  /** It changes what `once` names: what comes after it reads again. */
  readonly forgets?: boolean;
}

/** What a rule may know besides the arguments. */
export interface CostFacts {
  readonly kind: BackendKind;
  readonly maxPageSize: BackendCapabilities['maxPageSize'];
}

export type Arguments = Readonly<Record<string, unknown>>;

/**
 * @param args as the resolver will get them: defaults filled in, types checked, ranges not
 * @returns null where the resolver will refuse the arguments before anything is sent
 */
export type CostRule = (args: Arguments, facts: CostFacts, parent?: ParentCost) => FieldCost | null;

/** What the rule of the field above told. */
export type ParentCost = Pick<FieldCost, 'lists'>;

declare module 'graphql' {
  // The parameters' names are those of the declaration that this one extends.
  interface GraphQLFieldExtensions<_TSource, _TContext, _TArgs> {
    /** Every field with `@backendCost` has one. */
    readonly cost?: CostRule;
    /** The argument that `rows` comes of. */
    readonly sizedBy?: string;
  }
}

/**
 * Extensions of a field that asks the backend.
 * @param sizedBy the argument that its `rows` come of
 */
export const cost = (
  rule: CostRule,
  sizedBy: string = 'first',
): { readonly cost: CostRule; readonly sizedBy: string } => ({ cost: rule, sizedBy });
