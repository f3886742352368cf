import type { Backend } from '../domain/backend.ts';
import type { Caller } from '../domain/caller.ts';
import { createMeter } from '../domain/operation.ts';
import type { Telemetry } from '../domain/telemetry.ts';
import { wantsPage, type Admitted, type RequestHead } from './admission.ts';
import type { Authenticator, Identity } from './caller.ts';
import { Draft } from './draft.ts';
import { maxQuestionBytes, type EncodedAnswer, type EncodedAnswers } from './encoded-answers.ts';
import { reportOf } from './report.ts';
import { requestIdHeader, traceOf } from './trace.ts';

/** An answer that was kept, as it goes out. */
export interface Found {
  /** Name and value in turns; what every answer has is not among them. */
  readonly headers: readonly string[];
  /** Each character is a byte (latin1). */
  readonly body: string;
}

/** What is known of a request to GraphQL by the time that it must be executed. */
export interface ToExecute {
  readonly identity: Identity;
  /** Reads the body, or has read it. @throws BodyTooLargeError, BodyCutError */
  readonly readBody: () => Promise<Buffer>;
  /** Where its answer may be kept. */
  readonly draft?: Draft;
}

type Looked = Found | ToExecute | Promise<Found | ToExecute>;

export interface Question {
  readonly head: RequestHead;
  readonly admitted: Admitted;
  /** @throws BodyTooLargeError, BodyCutError */
  readonly readBody: () => Promise<Buffer>;
}

export interface ShortcutOptions {
  readonly authenticate: Authenticator;
  readonly budget: Backend['budget'];
  /** null: none are kept. */
  readonly answers: EncodedAnswers | null;
  /** null: nobody watches. */
  readonly telemetry: Telemetry | null;
}

/**
 * Whether a request that was admitted is for GraphQL, and not a browser that opens the page or asks whether it may ask.
 */
export const isForGraphQL = ({ route, preflight }: Admitted, { method, header }: RequestHead): boolean =>
  route === 'graphql' && !preflight && !wantsPage(method, header('accept'));

/**
 * Answers a request to GraphQL from what is kept, where it can be; else says what is to be executed. Both ways pass here,
 * behind admission: who asks is found out in the one place, before anything is looked for. Never rejects.
 */
export function createShortcut({ authenticate, budget, answers, telemetry }: ShortcutOptions) {
  const answered = (answer: EncodedAnswer, caller: Caller, { header }: RequestHead): Found => {
    const trace = traceOf(header('traceparent'), header('tracestate'));
    const meter = { ...createMeter(), cacheHits: answer.reads };
    const begun = { name: answer.operationName, kind: 'query', trace } as const;
    telemetry?.operation(begun).end({ outcome: 'OK', codes: [], meter });
    const body = answer.bodyWith(JSON.stringify(reportOf(caller, meter, budget)));
    const length = String(body.length);
    const { contentType } = answer;
    // In the order and spelling that Yoga's adapter has.
    const headers = [requestIdHeader, trace.traceId, 'Content-Type', contentType, 'content-length', length];
    return { headers, body };
  };

  const proceed = ({ head, admitted, readBody }: Question, identity: Identity): Looked => {
    const { caller } = identity;
    if (answers === null || caller === null || !isPlain(head)) return { identity, readBody };
    const look = (text: string, again: () => Promise<Buffer>): Found | ToExecute => {
      const asked = { caller, method: head.method, accept: head.header('accept'), text };
      const answer = answers.find(asked);
      if (answer !== null) return answered(answer, caller, head);
      return { identity, readBody: again, draft: new Draft((parts) => answers.keep(asked, parts)) };
    };
    if (head.method === 'GET') {
      const { target } = admitted;
      return target.length > maxQuestionBytes ? { identity, readBody } : look(target, readBody);
    }
    if (Number(head.header('content-length')) > maxQuestionBytes) return { identity, readBody };
    const body = readBody();
    const again = (): Promise<Buffer> => body;
    return body.then(
      // Not every body's length is known before.
      (bytes) =>
        bytes.byteLength > maxQuestionBytes
          ? { identity, readBody: again }
          : look(bytes.toString('latin1'), again),
      // Whoever reads it again is told why it cannot be had.
      () => ({ identity, readBody: again }),
    );
  };

  return (question: Question): Looked => {
    const identity = authenticate(question.head.header);
    return identity instanceof Promise
      ? identity.then((known) => proceed(question, known))
      : proceed(question, identity);
  };
}

export type Shortcut = ReturnType<typeof createShortcut>;

/** Whoever has terms of their own (`terms.ts`) is not answered from here: some change the answer, all can be wrong. */
const isPlain = ({ header }: RequestHead): boolean =>
  header('cache-control') === null && header('x-deadline-ms') === null && header('readafter') === null;
