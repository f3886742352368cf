import type { Backend, BackendSession } from '../domain/backend.ts';
import type { Caller } from '../domain/caller.ts';
import type { Operation } from '../domain/operation.ts';
import type { Question } from './flight.ts';
import type { WorkspaceReads } from './workspace.ts';

export interface DefinitionReadsOptions {
  readonly backend: Pick<Backend, 'session'>;
  readonly session: Pick<BackendSession, 'ticketFields' | 'ticketFieldOptions'>;
  readonly caller: Caller;
  readonly operation: Operation;
  /** Keeps the workspace in use as long as the step takes. */
  readonly within: <Value>(step: (workspace: WorkspaceReads) => Promise<Value>) => Promise<Value>;
}

/**
 * Ticket fields and their options. Nothing is kept of them here (field-definitions.ts does), but identical reads under
 * way are one, unless something of the kind was written since they left.
 */
export function createDefinitionReads(
  options: DefinitionReadsOptions,
): Pick<BackendSession, 'ticketFields' | 'ticketFieldOptions'> {
  const { backend, caller, operation, within } = options;
  const { ticketFields: fields, ticketFieldOptions: choices } = options.session;
  const question = <Answer>(
    key: readonly unknown[],
    ask: (session: BackendSession) => Promise<Answer>,
  ): Question<Answer> => ({
    key: JSON.stringify(key),
    scope: caller.scope,
    operation,
    // The log tells nothing of definitions: how far it was read says nothing of them.
    fresh: operation.noCache === true || operation.readAfter !== undefined,
    bears: ({ kind }) => kind === 'DEFINITIONS',
    minds: () => true,
    ask: (flight) => ask(backend.session(caller, flight)),
    land: (value, { notes }) => ({ value, sound: notes.length === 0 }),
  });
  /** Whatever became of it: reads that left before it may be older. */
  const writing = <Value>(write: () => Promise<Value>): Promise<Value> =>
    within(async (workspace) => {
      try {
        return await write();
      } finally {
        workspace.apply({ kind: 'DEFINITIONS' });
      }
    });
  return {
    ticketFields: {
      list: (query) =>
        within(({ fieldLists }) =>
          fieldLists.read(question([query], (session) => session.ticketFields.list(query))),
        ),
      get: (id) =>
        within((workspace) => workspace.fields.read(question([id], (s) => s.ticketFields.get(id)))),
      create: (input) => writing(() => fields.create(input)),
      update: (id, patch) => writing(() => fields.update(id, patch)),
      delete: (id) => writing(() => fields.delete(id)),
    },
    ticketFieldOptions: {
      list: (fieldId, page) =>
        within(({ optionLists }) =>
          optionLists.read(question([fieldId, page], (s) => s.ticketFieldOptions.list(fieldId, page))),
        ),
      get: (fieldId, id) =>
        within((workspace) =>
          workspace.options.read(question([fieldId, id], (s) => s.ticketFieldOptions.get(fieldId, id))),
        ),
      create: (fieldId, option) => writing(() => choices.create(fieldId, option)),
      update: (fieldId, id, patch) => writing(() => choices.update(fieldId, id, patch)),
      delete: (fieldId, id) => writing(() => choices.delete(fieldId, id)),
    },
  };
}
