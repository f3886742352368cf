import { createHash, timingSafeEqual } from 'node:crypto';
import { refuse, type Answer } from './answers.ts';
import type { Refusal } from './refusals.ts';

export interface MetricsRouteOptions {
  readonly page: () => Promise<{ readonly contentType: string; readonly text: string }>;
  /** What a bearer must show; a secret. null: whoever reaches it may read. */
  readonly token: string | null;
}

/** Answers `/metrics`. @param header looks a header up by its lower-case name */
export type MetricsRoute = (header: (name: string) => string | null) => Promise<Answer>;

const locked: Refusal = {
  status: 401,
  code: 'METRICS_REFUSED',
  message: 'Metrics are for whoever has the token: Authorization: Bearer <METRICS_TOKEN>.',
  headers: { 'www-authenticate': 'Bearer' },
};

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

export function createMetricsRoute({ page, token }: MetricsRouteOptions): MetricsRoute {
  const expected = token === null ? null : digest(token);
  return async (header) => {
    const shown = /^bearer +(\S+) *$/i.exec(header('authorization') ?? '')?.[1] ?? '';
    if (expected !== null && !timingSafeEqual(digest(shown), expected)) return refuse(locked);
    const { contentType, text } = await page();
    return { status: 200, headers: { 'content-type': contentType, 'cache-control': 'no-store' }, body: text };
  };
}
