/** Something that no log, metric or trace may hold. */
export interface Leak {
  /** 1 for the first. */
  readonly line: number;
  readonly what: string;
  /** The line, with what was found. */
  readonly text: string;
}

const shapes: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['an API key', /\baclou_[\da-f]{8,}/i],
  ['a signing secret', /\bwhsec_[A-Za-z\d+/]{12,}/],
  ['a JSON Web Token', /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/],
  ['an Authorization value', /\b(?:bearer|basic)\s+(?![<[])[^\s"',;\\]{8,}/i],
  ['a password in a URL', /\b[a-z][a-z\d+.-]*:\/\/[^\s/"'@]*:[^\s/"'@]+@/i],
  // `ada@example.com`, `lena.fischer@acme.example`; a package with its version (`ky@2.1.0`) is none.
  ['an e-mail address', /[\w.+-]+@(?:[a-z\d-]+\.)+[a-z]{2,}\b/i],
];

/** Forms in which a value may stand in a text. */
const formsOf = (secret: string): string[] => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
];

/** Every line that holds a secret, by its shape or because it is one of `secrets`. */
export function findLeaks(text: string, secrets: readonly string[]): Leak[] {
  const known = [...new Set(secrets)].filter((secret) => secret !== '').flatMap(formsOf);
  return text.split('\n').flatMap((line, index) => {
    const shape = shapes.find(([, pattern]) => pattern.test(line));
    const what =
      shape?.[0] ?? (known.some((secret) => line.includes(secret)) ? 'a secret of this run' : null);
    return what === null ? [] : [{ line: index + 1, what, text: line }];
  });
}
