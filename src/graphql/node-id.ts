/**
 * Global ids: opaque to clients, `base64url("<backend>:<type>:<id>")`; an option's id names its field first,
 * because a backend's option ids mean nothing without it. Ids come from clients and end in REST paths, so both
 * kinds of id, global and plain, are held to one strict pattern before anything is sent.
 */
import { backendKinds, type BackendKind } from '../domain/backend.ts';
import { badInput, type GatewayError } from '../domain/errors.ts';

/** Types that have a global id. `Agent` has one without being a Node: no endpoint reads agents. */
export const nodeTypenames = ['Ticket', 'TicketField', 'TicketFieldOption', 'Webhook', 'Agent'] as const;
export type NodeTypename = (typeof nodeTypenames)[number];

/** A global id, taken apart. `id` is the backend's own; for an option it is `<field>/<option>`. */
export interface NodeId {
  readonly kind: BackendKind;
  readonly typename: NodeTypename;
  readonly id: string;
}

type Path = readonly (string | number)[];

const plainId = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;
const optionId = /^([A-Za-z0-9][A-Za-z0-9_-]{0,127})\/([A-Za-z0-9][A-Za-z0-9_-]{0,127})$/;
const globalIdText = /^([A-Z_]+):([A-Za-z]+):(.+)$/s;
const base64Url = /^[A-Za-z0-9_-]{1,600}$/;

const kindNamed = (name: string): BackendKind | undefined => backendKinds.find((kind) => kind === name);
const typenameNamed = (name: string): NodeTypename | undefined =>
  nodeTypenames.find((typename) => typename === name);

/** @param id the backend's own id; for an option that of `optionKey` */
export const encodeNodeId = (kind: BackendKind, typename: NodeTypename, id: string): string =>
  Buffer.from(`${kind}:${typename}:${id}`).toString('base64url');

/** null: not a global id of ours. Nothing but what `encodeNodeId` returns is accepted, so a node has one id. */
export function decodeNodeId(value: string): NodeId | null {
  if (!base64Url.test(value)) return null;
  const bytes = Buffer.from(value, 'base64url');
  if (bytes.toString('base64url') !== value) return null;
  const match = globalIdText.exec(bytes.toString('utf8'));
  const kind = kindNamed(match?.[1] ?? '');
  const typename = typenameNamed(match?.[2] ?? '');
  const id = match?.[3] ?? '';
  if (kind === undefined || typename === undefined) return null;
  return (typename === 'TicketFieldOption' ? optionId : plainId).test(id) ? { kind, typename, id } : null;
}

/** Whether it began as a global id of ours and was cut or changed: it must not pass for a backend's id. */
const isDamagedNodeId = (value: string): boolean => {
  const prefix = /^([A-Z_]+):/.exec(Buffer.from(value, 'base64url').toString('utf8'))?.[1];
  return kindNamed(prefix ?? '') !== undefined;
};

/** The id under which an option is loaded: option ids mean nothing without their field. */
export const optionKey = (fieldId: string, id: string): string => `${fieldId}/${id}`;

export function splitOptionKey(key: string): { readonly fieldId: string; readonly id: string } {
  const [fieldId = '', id = ''] = key.split('/');
  return { fieldId, id };
}

const foreign = (path: Path, found: NodeId, wanted: string): GatewayError =>
  badInput(path, `This is the id of a ${found.typename}; the id of a ${wanted} is wanted.`);

/**
 * A `node(id)` argument: only global ids, of the backend served here.
 * @throws GatewayError BAD_USER_INPUT
 */
export function parseNodeIdArgument(value: string, path: Path, kind: BackendKind): NodeId {
  const found = decodeNodeId(value);
  if (found === null) throw badInput(path, 'Not a global id. Take it from the `id` field of a node.');
  if (found.kind !== kind) throw badInput(path, `This id belongs to ${found.kind}, another backend.`);
  return found;
}

/**
 * Any other id argument: a global id, or the backend's plain one (not for options, which have no id without their field).
 * @returns the backend's own id; for an option its `optionKey`
 * @param path from the argument's name, for the error
 * @param kind the backend served here
 * @throws GatewayError BAD_USER_INPUT, before anything is sent
 */
export function parseIdArgument(
  value: string,
  typename: NodeTypename,
  path: Path,
  kind: BackendKind,
): string {
  const found = decodeNodeId(value);
  if (found !== null) {
    if (found.kind !== kind) throw badInput(path, `This id belongs to ${found.kind}, another backend.`);
    if (found.typename !== typename) throw foreign(path, found, typename);
    return found.id;
  }
  if (typename === 'TicketFieldOption' || !plainId.test(value) || isDamagedNodeId(value)) {
    throw badInput(path, `Not the id of a ${typename}.`);
  }
  return value;
}
