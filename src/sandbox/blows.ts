import { Buffer } from 'node:buffer';
import type { Api, ApiAnswer, ApiRequest } from './api.ts';
import { errorBody, isRestCode, statusOf } from './errors.ts';
import type { Blow } from './fault-engine.ts';
import type { Transmission } from './outgoing.ts';

/** What becomes of a request: an answer, a cut connection, or nothing at all. */
export type Outcome = Transmission | 'cut' | 'nothing';

type AnsweringBlow = Extract<Blow, { readonly kind: 'error' | 'text' | 'html' | 'empty' | 'redirect' }>;

const page =
  '<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>\n';

export const jsonType: readonly string[] = ['content-type', 'application/json; charset=utf-8'];

const whole = (answer: ApiAnswer): Transmission => ({
  ...answer,
  headers: answer.body === null ? answer.headers : [...jsonType, ...answer.headers],
  end: 'whole',
});

/** Status, body and own headers of a faulty answer. */
function answerOf(blow: AnsweringBlow): ApiAnswer {
  switch (blow.kind) {
    case 'error': {
      const { code, message = 'Something went wrong', details = null } = blow;
      const status = blow.status ?? (isRestCode(code) ? statusOf[code] : 500);
      return { status, headers: jsonType, body: errorBody(code, status, message, details) };
    }
    case 'text':
      return {
        status: blow.status ?? 502,
        headers: ['content-type', 'text/plain'],
        body: blow.body ?? 'upstream error',
      };
    case 'html':
      return { status: blow.status ?? 502, headers: ['content-type', 'text/html'], body: blow.body ?? page };
    case 'empty':
      return { status: blow.status, headers: [], body: null };
    case 'redirect':
      return { status: blow.status ?? 302, headers: ['location', blow.location], body: null };
  }
}

function faultyAnswer(blow: AnsweringBlow, request: ApiRequest, api: Api): Transmission {
  const { applied = false, counted = blow.kind === 'error' || blow.kind === 'empty' } = blow;
  let limits: readonly string[] | null = [];
  if (applied) limits = api.answer(request).headers;
  else if (counted) limits = api.count(request.key);
  if (limits === null) return whole(api.refusal(request.key));
  const { status, headers, body } = answerOf(blow);
  const retryAfter =
    'retryAfter' in blow && blow.retryAfter !== undefined ? ['retry-after', String(blow.retryAfter)] : [];
  const own = Object.entries(blow.headers ?? {}).flat();
  return {
    status,
    headers: [...headers, ...(counted ? limits : []), ...retryAfter, ...own],
    body,
    end: 'whole',
  };
}

const halfOf = (body: string | Buffer): Buffer => Buffer.from(body).subarray(0, body.length / 2);

/** Carries a request out, as far as the fault lets it. */
export function carryOut(request: ApiRequest, blow: Blow | null, api: Api): Outcome {
  if (!blow) return whole(api.answer(request));
  switch (blow.kind) {
    case 'reset':
      if (blow.when === 'after-applying') api.answer(request);
      return blow.when === 'in-body' ? { ...whole(api.answer(request)), end: 'reset' } : 'cut';
    case 'truncated': {
      const answer = whole(api.answer(request));
      return { ...answer, body: answer.body === null ? null : halfOf(answer.body) };
    }
    case 'endless':
      return { ...whole(api.answer(request)), end: blow.how ?? 'stall' };
    case 'silence':
      if (blow.applied === true) api.answer(request);
      return 'nothing';
    default:
      return faultyAnswer(blow, request, api);
  }
}
