import type { BackendKind } from '../../../domain/backend.ts';
import { GatewayError } from '../../../domain/errors.ts';
import type { ArgumentPath } from '../../argument-paths.ts';
import { parseIdArgument, type NodeTypename } from '../../node-id.ts';
import type { CustomFieldInput } from '../custom-field-input.ts';
import type { Faults } from './faults.ts';

/** Where the key stands among the arguments. */
export const keyPath: ArgumentPath = ['input', 'idempotencyKey'];

/** Visible ASCII: what any client, log and store takes as it is. */
const form = /^[\x21-\x7e]{1,255}$/;

/** The key, where one is given and has the form of one; else null. */
export const keyOf = (given: string | null | undefined): string | null =>
  typeof given === 'string' && form.test(given) ? given : null;

export function checkKey(given: string | null | undefined, faults: Faults): void {
  if (typeof given === 'string' && keyOf(given) === null) {
    faults.add(keyPath, 'An idempotencyKey has 1 to 255 visible ASCII characters.');
  }
}

interface Given {
  readonly assigneeId?: string | null | undefined;
  readonly customFields?: readonly (typeof CustomFieldInput.$inferInput)[] | null | undefined;
}

/**
 * What is asked, for comparison with what the key was used for before: with ids in the backend's spelling, since both
 * spellings are one input. Nothing is looked up for it: a repeat costs no request.
 */
export function comparableInput(input: Given, kind: BackendKind): unknown {
  const { assigneeId, customFields } = input;
  return {
    ...input,
    assigneeId: plainId(assigneeId, 'Agent', kind),
    customFields: customFields?.map(({ field, value }) => ({
      field: { key: field.key, id: plainId(field.id, 'TicketField', kind) },
      value,
    })),
  };
}

/** What is no id stays as it is: it will be refused where inputs are read. */
function plainId(given: string | null | undefined, typename: NodeTypename, kind: BackendKind) {
  if (typeof given !== 'string') return null;
  try {
    return parseIdArgument(given, typename, [], kind);
  } catch (error) {
    if (error instanceof GatewayError) return given;
    throw error;
  }
}
