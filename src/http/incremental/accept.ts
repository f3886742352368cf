/** Who takes an answer in parts, by its `Accept`. */

/** The format that is spoken: parts name their place by `path`, and `hasNext` tells whether more follow. */
export const deferSpec = '20220824';

const multipart = 'multipart/mixed';

/** No answer but a stream of events will do. */
export const wantsOnlyStream = (accept: string | null): boolean =>
  accept !== null && accept.includes('text/event-stream') && !/json|\*\/\*/.test(accept);

/**
 * Whether it takes `multipart/mixed` in this format. Clients that speak another one name it, or say that they mean
 * multipart subscriptions.
 */
export function acceptsMultipart(accept: string | null): boolean {
  if (accept === null || !accept.includes(multipart)) return false;
  return accept.split(',').some((range) => {
    const [type, ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    return type === multipart && parameters.every(isSpoken);
  });
}

function isSpoken(parameter: string): boolean {
  const [name = '', value = ''] = parameter.split('=').map((part) => part.trim());
  if (name === 'deferspec') return value.replaceAll('"', '') === deferSpec;
  if (name === 'q') return Number(value) !== 0;
  return name !== 'incrementalspec' && name !== 'subscriptionspec';
}

/** No answer but one of parts will do. */
export const wantsOnlyMultipart = (accept: string | null): boolean =>
  acceptsMultipart(accept) && !/json|text\/event-stream|\*\/\*/.test(accept ?? '');

export const takesParts = (accept: string | null): boolean =>
  acceptsMultipart(accept) || wantsOnlyStream(accept);
