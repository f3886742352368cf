import { test } from 'vitest';
import type { SandboxOptions } from '../../../src/sandbox/options.ts';
import type { Level, OptionRow, TicketFieldRow, TicketRow, WebhookRow } from '../../../src/sandbox/rows.ts';
import { startSandbox, type Sandbox } from '../../../src/sandbox/sandbox.ts';

/** Everything that a body of this API may hold. */
export interface Body {
  readonly ticket: TicketRow;
  readonly tickets: readonly TicketRow[];
  readonly ticketField: TicketFieldRow;
  readonly ticketFields: readonly TicketFieldRow[];
  readonly option: OptionRow;
  readonly options: readonly OptionRow[];
  readonly webhook: WebhookRow & { readonly signingSecret: string };
  readonly webhooks: readonly WebhookRow[];
  readonly meta: {
    readonly hasMore: boolean;
    readonly pageSize?: number;
    readonly afterCursor?: string | null;
  };
  readonly links: { readonly next: string | null };
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly status: number;
    readonly details?: Readonly<
      Record<string, readonly { readonly code: string; readonly message: string }[]>
    >;
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Throws where the body is no JSON. */
  readonly body: Body;
}

export interface AskOptions {
  /** @default 'admin' */
  readonly level?: Level;
  /** Sent as JSON, a string as it is. */
  readonly body?: unknown;
  /** On top of key and workspace; an empty value removes. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request. @param line method and path below the base URL, `GET /tickets`; or a whole URL */
export async function ask(sandbox: Sandbox, line: string, options: AskOptions = {}): Promise<Answer> {
  const [method = '', target = ''] = line.split(' ');
  const { level = 'admin', body } = options;
  const headers = new Headers({
    authorization: `Bearer ${sandbox.keys[level]}`,
    'x-workspace-id': sandbox.workspaceId,
    'content-type': 'application/json',
  });
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (value === '') headers.delete(name);
    else headers.set(name, value);
  }
  const response = await fetch(target.startsWith('http') ? target : sandbox.url + target, {
    method,
    headers,
    redirect: 'manual',
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    get body() {
      return JSON.parse(text) as Body;
    },
  };
}

/** The error of an answer that must be one: `422 VALIDATION_ERROR`. */
export const errorOf = ({ status, body }: Answer): string => `${status} ${body.error.code}`;

/** Details as `{ subject: ['REQUIRED'] }`. */
export const faultsOf = ({ body }: Answer): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(body.error.details ?? {}).map(([attribute, faults]) => [
      attribute,
      faults.map(({ code }) => code),
    ]),
  );

/** `test` with a sandbox that lives as long as one test. Its limit is met only by those who ask for it. */
export const testWithSandbox = (options: SandboxOptions = {}) =>
  test.extend('sandbox', async ({}, { onCleanup }) => {
    const sandbox = await startSandbox({
      tickets: 40,
      ...options,
      rateLimit: { limit: 100_000, ...options.rateLimit },
    });
    onCleanup(() => sandbox.close());
    return sandbox;
  });
