import { fromTape, type Choices } from './choices.ts';
import { json, text } from './values.ts';

const types = [
  'subscribe',
  'subscribe',
  'complete',
  'ping',
  'pong',
  'connection_init',
  'connection_ack',
  'next',
  'error',
  '__proto__',
] as const;

const queries = [
  '{ __typename }',
  '{ tickets(first: 1) { nodes { localId } } }',
  'subscription { ticketEvents { __typename cursor } }',
  'mutation { __typename }',
  '{',
  '',
  '{ nothing }',
] as const;

/** What a client may say on a socket, and what none should. Bytes are sent as a binary message. */
export const messages = fromTape(80, (choices): string | Uint8Array<ArrayBuffer> => {
  const kind = choices.next(12);
  if (kind === 0) return text(choices);
  if (kind === 1) return Uint8Array.from({ length: choices.next(40) }, () => choices.next(256));
  if (kind === 2) return JSON.stringify(json(choices, 3)) ?? '';
  const whole = JSON.stringify(message(choices));
  return choices.oneIn(10) ? whole.slice(0, choices.next(whole.length + 1)) : whole;
});

function message(choices: Choices): unknown {
  const payload = {
    query: choices.pick(queries),
    ...(choices.oneIn(3) && { variables: json(choices, 3) }),
    ...(choices.oneIn(4) && { operationName: text(choices) }),
    ...(choices.oneIn(4) && { extensions: json(choices, 3) }),
  };
  return {
    type: choices.oneIn(12) ? json(choices, 1) : choices.pick(types),
    ...(!choices.oneIn(8) && { id: choices.oneIn(4) ? json(choices, 1) : `o${choices.next(4)}` }),
    ...(!choices.oneIn(6) && { payload: choices.oneIn(5) ? json(choices, 3) : payload }),
  };
}
