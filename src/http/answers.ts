import { refusalBody, refusalHeaders, type Refusal } from './refusals.ts';

/** An answer that is known as a whole before it is sent. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** null: none. */
  readonly body: string | Uint8Array | null;
}

export const refuse = (refusal: Refusal): Answer => ({
  status: refusal.status,
  headers: refusalHeaders(refusal),
  body: refusalBody(refusal),
});

export const answerJson = (status: number, body: object): Answer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
  body: JSON.stringify(body),
});
