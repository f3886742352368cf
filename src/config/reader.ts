import type { z } from 'zod';

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
  return { faults, fault, isSet, read };
}

export type Reader = ReturnType<typeof createReader>;
