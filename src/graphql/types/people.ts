import { builder } from '../builder.ts';
import { encodeNodeId } from '../node-id.ts';

interface Agent {
  /** The backend's own. */
  readonly id: string;
}

interface Requester {
  readonly email: string | null;
  readonly name: string | null;
}

/** Not a Node: the backend has no endpoint that reads agents. */
export const AgentRef = builder.objectRef<Agent>('Agent').implement({
  description: 'Somebody who works on tickets. The backend tells no more than the id.',
  fields: (t) => ({
    id: t.id({
      description: 'Global id: opaque, good for every argument that takes an assignee.',
      resolve: ({ id }, _args, { backend }) => encodeNodeId(backend.kind, 'Agent', id),
    }),
    localId: t.exposeString('id', { description: 'The backend’s own id.' }),
  }),
});

export const RequesterRef = builder.objectRef<Requester>('Requester').implement({
  description: 'Who asked, as far as the ticket says.',
  fields: (t) => ({
    email: t.exposeString('email', { nullable: true, description: 'The address answers go to.' }),
    name: t.exposeString('name', { nullable: true, description: 'The name as it was given.' }),
  }),
});
