import type { FieldFault } from '../../domain/errors.ts';
import { presentable } from '../../domain/redact.ts';
import type { Resource } from './endpoints.ts';

type Path = readonly (string | number)[];

/** Attributes a write can name, in our words. A fault of anything else has no place among a caller's inputs. */
const attributes: Readonly<Record<Resource, ReadonlySet<string>>> = {
  ticket: new Set([
    'subject',
    'status',
    'priority',
    'type',
    'requesterEmail',
    'requesterName',
    'assigneeId',
    'tags',
    'customFields',
  ]),
  ticketField: new Set([
    'title',
    'key',
    'type',
    'description',
    'position',
    'active',
    'requiredForAgents',
    'requiredForEndUsers',
    'visibleToEndUsers',
    'editableByEndUsers',
    'regexPattern',
    'defaultValue',
    'options',
  ]),
  option: new Set(['label', 'value', 'position']),
  webhook: new Set(['name', 'targetUrl', 'events', 'active']),
};

/** Attributes the backend calls otherwise than we do. */
const renamed: ReadonlyMap<string, string> = new Map([['fieldKey', 'key']]);

/** An error names this many faults at most. */
const maxFaults = 100;

/**
 * An error's `details` as faults with paths in our words, told by `FieldFault`.
 * Details of another form than the contract's are left out.
 */
export function fieldFaults(
  details: Readonly<Record<string, unknown>> | null | undefined,
  resource: Resource,
): readonly FieldFault[] {
  const faults: FieldFault[] = [];
  for (const [sourceKey, entries] of Object.entries(details ?? {})) {
    for (const entry of Array.isArray(entries) ? entries : [entries]) {
      if (faults.length === maxFaults) return faults;
      faults.push({ path: attributePath(sourceKey, resource), sourceKey, ...codeAndMessage(entry) });
    }
  }
  return faults;
}

/**
 * `ticket.custom_fields[1].value` → `['customFields', 1, 'value']`, `customFields.cf_9` → `['customFields', 'cf_9']`;
 * null for what names no attribute of the resource.
 */
export function attributePath(sourceKey: string, resource: Resource): Path | null {
  const steps = [...sourceKey.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, name = '']) =>
    index === undefined ? name : Number(index),
  );
  if (typeof steps[0] === 'string' && camelCase(steps[0]) === resource) steps.shift();
  const [first, ...rest] = steps;
  if (typeof first !== 'string') return null;
  const attribute = ourName(first);
  if (!attributes[resource].has(attribute)) return null;
  return [attribute, ...rest.map((step, depth) => innerStep(attribute, step, depth))];
}

function innerStep(attribute: string, step: string | number, depth: number): string | number {
  if (typeof step === 'number') return step;
  // What stands right behind `customFields` is an id or a key of the workspace's own: it stays as it is.
  if (attribute === 'customFields' && depth === 0) return step;
  return /^\d{1,9}$/.test(step) ? Number(step) : ourName(step);
}

const ourName = (name: string): string => {
  const camel = camelCase(name);
  return renamed.get(camel) ?? camel;
};

const camelCase = (name: string): string =>
  name.replace(/_([a-z0-9])/gi, (_match, letter: string) => letter.toUpperCase());

function codeAndMessage(entry: unknown): Pick<FieldFault, 'code' | 'message'> {
  const { code, message } = typeof entry === 'object' && entry !== null ? (entry as FaultLike) : {};
  return {
    code: typeof code === 'string' && code !== '' ? presentable(code) : 'INVALID',
    message: presentable(typeof message === 'string' ? message : typeof entry === 'string' ? entry : ''),
  };
}

/** What a fault should be; nothing of it is believed before it was looked at. */
interface FaultLike {
  readonly code?: unknown;
  readonly message?: unknown;
}
