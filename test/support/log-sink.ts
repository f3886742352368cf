import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Log } from '../../src/domain/log.ts';

/** Names the folder where everything that gateways log in a run is kept until it was searched; see `log-watch.ts`. */
export const sinkVariable = 'GATEWAY_LOG_SINK';

const folder = process.env[sinkVariable] || undefined;
const silent = (): void => undefined;
/** Nobody reads it. */
export const nobodysLog: Log = { debug: silent, info: silent, warn: silent, error: silent };

/** One file for each process, written as the program writes its log: what pino makes of an object is part of what is searched. */
const sink: Log =
  folder === undefined
    ? nobodysLog
    : pino(
        { level: 'trace', base: null },
        pino.destination({ dest: join(folder, `${process.pid}.log`), sync: true }),
      );

/** The same log; what it is told is searched at the end of the run. */
export const searched = (log: Log): Log => {
  const at = (level: keyof Log) => (fields: object, message: string) => {
    log[level](fields, message);
    sink[level](fields, message);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
};

/** What a program has written to its log. */
export function tellLog(text: string): void {
  if (folder !== undefined) appendFileSync(join(folder, `${process.pid}.programs.log`), `${text}\n`);
}

/** Values that no log may hold, beside what looks like a secret anyway. */
export function tellSecrets(secrets: readonly string[]): void {
  if (folder === undefined) return;
  appendFileSync(join(folder, `${process.pid}.secrets`), secrets.map((secret) => `${secret}\n`).join(''));
}

const secretNames = /KEY|SECRET|TOKEN$|PASSWORD|HEADERS/;

/** Those of a gateway's environment. */
export function tellSecretsOf(env: Readonly<Record<string, string>>): void {
  const secrets = Object.entries(env)
    .filter(([name]) => secretNames.test(name))
    .flatMap(([, value]) => value.split(/[\s,=]+/));
  tellSecrets(secrets.filter((secret) => secret.length >= 12));
}

/** For processes that log by themselves: where to. */
export const sinkEnvironment = (): Readonly<Record<string, string>> =>
  folder === undefined ? {} : { [sinkVariable]: folder };
