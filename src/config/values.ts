/** What single variables may hold: each schema takes the text and gives the value, or says in a sentence what it must be. */
import { isIP } from 'node:net';
import { z } from 'zod';

/** Digits alone, both bounds included. */
export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`);

/** What `listen` takes. */
export const host = z
  .string()
  .regex(/^[\w.:-]+$/, 'must be an address or a host name without scheme, port or brackets, e.g. 127.0.0.1');

/** Whether only programs on the same machine can reach it. */
export const isLoopback = (name: string): boolean =>
  name === 'localhost' || name === '::1' || name === '[::1]' || (isIP(name) === 4 && name.startsWith('127.'));

/** Where keys or deliveries are sent: https, or anything on loopback. Without a slash at the end. */
const secureUrl = (example: string) =>
  z.string().transform((text, context) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const refuse = (message: string) => {
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    };
    if (url === undefined) return refuse(`must be a URL, e.g. ${example}`);
    if (url.username !== '' || url.password !== '') return refuse('must not carry a user or password');
    if (url.search !== '' || url.hash !== '') return refuse('must not carry a query or fragment');
    const secure = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
    if (!secure)
      return refuse('must begin with https:// (what is sent there would travel readable otherwise)');
    return url.href.replace(/\/+$/, '');
  });

/** Where the public keys of an issuer are. */
export const jwksUrl = secureUrl('https://id.example.com/.well-known/jwks.json');
export const helpdeskUrl = secureUrl('https://acme.example.com/helpdesk/api/v1');
/** Where others reach the gateway. */
export const publicUrl = secureUrl('https://gateway.example.com');

/** A value that goes into a request header as it is (RFC 9110, field-value without blanks). */
export const headerSafe = (max: number) =>
  z.string().regex(new RegExp(`^[\\x21-\\x7e]{1,${max}}$`), 'must be printable ASCII without blanks');

/** It stands in paths and headers. */
export const workspaceId = z
  .string()
  .regex(/^[\w.-]{1,128}$/, 'must be a workspace id, e.g. ws_abc123 (letters, digits, _ . -)');

/** Base64 of twelve bytes or more; one character too few, as when copying, and nothing it signs would ever verify. */
const secretPattern = /^whsec_(?=.{16})(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}(?:==)?|[A-Za-z\d+/]{3}=?)?$/;
/** What a delivery is signed with (Standard Webhooks). */
export const webhookSecret = z.string().regex(secretPattern, 'must be a secret: whsec_ and base64');
/** Several of them. */
export const secrets = z
  .string()
  .transform((text) => text.split(/\s+/))
  .refine(
    (list) => list.every((secret) => secretPattern.test(secret)),
    'must be one or more secrets, separated by spaces, each whsec_ and base64',
  );

const isOrigin = (url: URL): boolean =>
  /^https?:$/.test(url.protocol) &&
  url.pathname === '/' &&
  `${url.username}${url.password}${url.search}${url.hash}` === '';

/** As browsers write them. */
export const origins = z.string().transform((text, context) => {
  const entries = text.split(/[\s,]+/).filter((entry) => entry !== '');
  return entries.map((entry) => {
    const url = URL.canParse(entry) ? new URL(entry) : undefined;
    if (url && isOrigin(url)) return url.origin;
    context.addIssue({
      code: 'custom',
      message:
        'must be origins separated by spaces or commas, e.g. https://app.example.com (scheme, host, port; no path, no *)',
    });
    return z.NEVER;
  });
});

/** As many as anybody has in a row; a mistyped port or year is none. */
const mostProxies = 16;
/** `false`, or a number of proxies. Not `true`: with no number, the address would be whatever a client writes. */
export const proxies = z.string().transform((text, context) => {
  if (text.toLowerCase() === 'false') return 0;
  const count = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (count <= mostProxies) return count;
  context.addIssue({
    code: 'custom',
    message: `must be how many proxies stand before the gateway, 0 to ${mostProxies}, or false`,
  });
  return z.NEVER;
});

/** `off`, or seconds between two changes. */
export const agents = z.string().transform((text, context) => {
  if (text.toLowerCase() === 'off') return null;
  const seconds = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (seconds >= 0.01 && seconds <= 86_400) return Math.round(seconds * 1000);
  context.addIssue({
    code: 'custom',
    message: 'must be off, or seconds between two changes (0.01 to 86400)',
  });
  return z.NEVER;
});

/** In any spelling of case. */
export const apiLevel = z
  .string('must be READ, WRITE or ADMIN')
  .transform((text) => text.toUpperCase())
  .pipe(z.enum(['READ', 'WRITE', 'ADMIN'], 'must be READ, WRITE or ADMIN'));

/** Entries separated by blanks or commas. */
export const list = z.string().transform((text) => text.split(/[\s,]+/).filter((entry) => entry !== ''));

/** `true`, `yes`, `1`, … or their opposites. */
export const flag = z.stringbool({ error: 'must be true or false' });

/** What the backend's PUT does to custom fields that it does not name. */
export const customFieldsSetting = z.enum(['merge', 'replace'], 'must be merge or replace');

/** As it is: a password may be in it, and its options are the client's affair. */
export const redisUrl = z.string().refine((text) => {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return (protocol === 'redis:' || protocol === 'rediss:') && hostname !== '';
}, 'must be a URL that begins with redis:// or rediss://, e.g. redis://127.0.0.1:6379');

/** A folder, or `off`. */
export const dataDir = z
  .string()
  .regex(/^[^\0]{1,4096}$/, 'must be a folder, or off')
  .transform((text) => (text.toLowerCase() === 'off' ? null : text));

/** A file's name, from the folder that the gateway is started in. */
export const filePath = z.string().regex(/^[^\0]{1,4096}$/, 'must be the name of a file');
