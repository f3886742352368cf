/** What stands where something was taken out. */
const removed = '[removed]';

const secrets: readonly RegExp[] = [
  // Authorization values, whatever the scheme's casing.
  /\b(?:bearer|basic)\s+[^\s"',;]+/gi,
  // JSON Web Tokens.
  /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g,
  // Tokens that announce themselves by a prefix: a word, an underscore, a long run of hex or base64.
  /\b[a-z]{2,16}_[A-Za-z0-9+/]{24,}={0,2}/g,
  // Any long run of hex digits (a trace id has 32).
  /\b[0-9a-f]{40,}\b/gi,
];
const address = /\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi;
const mailbox = /[^\s@<>"',;:()]+@[^\s@<>"',;:()]+\.[a-z]{2,}/gi;
const stack = /\n\s+at [\s\S]*$/;

const without = (text: string, patterns: readonly RegExp[]): string =>
  patterns.reduce((rest, pattern) => rest.replace(pattern, removed), text);

/** Cuts a text to so many characters; a mark tells that it was longer. */
export const shorten = (text: string, characters: number): string =>
  text.length <= characters ? text : `${text.slice(0, characters - 1)}…`;

/**
 * A text of somebody else's, made fit for a client: no key, token, URL or stack, at most 500 characters.
 * The last net, not the first: whoever writes a text keeps secrets out of it.
 */
export const presentable = (text: string): string =>
  shorten(without(shorten(text, 4_000).replace(stack, ''), [...secrets, address]), 500);

/** What a log may keep of an error. */
export interface DescribedError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: DescribedError;
}

/** A text of somebody else's, made fit for the log: no key, token or e-mail address, at most 4,000 characters. */
export const loggable = (text: string): string => without(shorten(text, 4_000), [...secrets, mailbox]);

/**
 * An error with its causes for the log: names, messages and stacks, never an error's other properties
 * (an HTTP client hangs requests with their headers, and bodies, on its errors); keys and e-mail addresses are removed.
 */
export function describeError(error: unknown, depth = 5): DescribedError {
  if (!(error instanceof Error)) return { name: typeof error, message: loggable(String(error)) };
  return {
    name: error.name,
    message: loggable(error.message),
    ...(error.stack === undefined ? {} : { stack: loggable(error.stack) }),
    ...(error.cause === undefined || depth === 0 ? {} : { cause: describeError(error.cause, depth - 1) }),
  };
}
