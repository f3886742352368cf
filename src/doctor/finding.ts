/** What one look at a deployment has come to. */
export interface Finding {
  /** WARN: it works, though not as well as it could. FAIL: something does not work. */
  readonly verdict: 'OK' | 'WARN' | 'FAIL';
  /** What was looked at, in a word. */
  readonly subject: string;
  /** What is so; no secrets. */
  readonly text: string;
  /** What to do about it, in a sentence; null: nothing. */
  readonly cure: string | null;
}

/** Findings of one subject. */
export const findingsOf = (subject: string) => ({
  ok: (text: string): Finding => ({ verdict: 'OK', subject, text, cure: null }),
  warn: (text: string, cure: string): Finding => ({ verdict: 'WARN', subject, text, cure }),
  fail: (text: string, cure: string): Finding => ({ verdict: 'FAIL', subject, text, cure }),
});

const marks = { OK: 'ok  ', WARN: 'warn', FAIL: 'FAIL' } as const;

export const lineOf = ({ verdict, subject, text, cure }: Finding): string =>
  `${marks[verdict]}  ${subject.padEnd(9)}  ${text}${cure === null ? '' : ` ${cure}`}`;
