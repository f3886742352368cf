import { readFileSync } from 'node:fs';
import { z } from 'zod';

export interface ConfigFault {
  /** The environment variable to mend. */
  readonly variable: string;
  /** What is wrong with it; never its value, which may be a secret. */
  readonly message: string;
}

/** The configuration cannot be used. Its message names every fault, a line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    super(['The configuration has faults:', ...faults.map(describe)].join('\n'));
    this.faults = faults;
  }
}

const describe = (fault: ConfigFault) => `  ${fault.variable}: ${fault.message}`;

const filePath = z.string().regex(/^[^\0]{1,4096}$/, 'must be a file');

export type Env = Readonly<Record<string, string | undefined>>;

/** Reads variables one by one, so that a fault in one hides none in another. */
export function createReader(env: Env) {
  const faults: ConfigFault[] = [];
  const fault = (variable: string, message: string) => {
    faults.push({ variable, message });
  };
  /** An empty variable counts as not set. */
  const isSet = (variable: string) => (env[variable] ?? '').trim() !== '';
  const read = <T, D>(variable: string, schema: z.ZodType<T, string>, otherwise: D): T | D => {
    if (!isSet(variable)) return otherwise;
    const parsed = schema.safeParse((env[variable] ?? '').trim());
    if (parsed.success) return parsed.data;
    const messages = new Set(parsed.error.issues.map((issue) => issue.message));
    for (const message of messages) fault(variable, message);
    return otherwise;
  };
  /** What is in the JSON file that a variable names. What is wrong with it is told by its place, never by its value. */
  const readFile = <T, D>(variable: string, schema: z.ZodType<T>, otherwise: D): T | D => {
    const path = read(variable, filePath, null);
    if (path === null) return otherwise;
    const text = textOf(path);
    if (text instanceof Error) {
      fault(variable, `the file cannot be read${codeOf(text)}`);
      return otherwise;
    }
    const json = jsonOf(text);
    if (json instanceof Error) {
      fault(variable, `the file is no JSON${lineOf(json)}`);
      return otherwise;
    }
    const parsed = schema.safeParse(json);
    if (parsed.success) return parsed.data;
    for (const message of new Set(parsed.error.issues.map(describeIssue))) fault(variable, message);
    return otherwise;
  };
  return { faults, fault, isSet, read, readFile };
}

function textOf(path: string): string | Error {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Not what `JSON.parse` says of it: that may show a part of the text. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

const codeOf = (error: Error): string => ('code' in error ? ` (${String(error.code)})` : '');

const lineOf = ({ message }: Error): string => {
  const line = /\(line (\d+)/.exec(message)?.[1];
  return line === undefined ? '' : ` (line ${line})`;
};

/** Names of members that look like names are told; anything else may be a secret in the wrong place. */
function describeIssue(issue: z.core.$ZodIssue): string {
  const at = issue.path.map(String).join('.');
  if (issue.code !== 'unrecognized_keys') return at === '' ? issue.message : `${at} ${issue.message}`;
  const names = issue.keys.filter((key) => /^[a-z]{1,24}$/i.test(key));
  const named = names.length === issue.keys.length ? `: ${names.join(', ')}` : '';
  return `${at === '' ? 'the file' : at} has a member that means nothing${named}`;
}

export type Reader = ReturnType<typeof createReader>;
