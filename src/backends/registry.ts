import type { Backend, BackendKind } from '../domain/backend.ts';
import { createHelpdeskBackend, type HelpdeskOptions } from './helpdesk/index.ts';

/** Every backend there is, by name. A new one is a folder beside these and a line here. */
export const backends = {
  HELPDESK: createHelpdeskBackend,
} as const satisfies Readonly<Partial<Record<BackendKind, (options: HelpdeskOptions) => Backend>>>;
