/**
 * Structured log. pino's logger fits it as it is; `fields` never hold keys, secrets,
 * e-mail addresses or bodies.
 */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
