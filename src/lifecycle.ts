import type { Log } from './domain/log.ts';
import { describeError } from './domain/redact.ts';
import { closeMs, type RunningServer } from './http/server.ts';

export interface LifecycleOptions {
  readonly server: Pick<RunningServer, 'close'>;
  /** Ends what the server stood on; called once it is closed. */
  readonly afterwards: () => Promise<void> | undefined;
  readonly log: Log;
  /** Milliseconds from SIGTERM on in which load balancers learn that the gateway goes, before it stops listening. */
  readonly delayMs: number;
}

/** Milliseconds for stores on top of what the server may take: a Redis that hangs is waited for 3 s. */
const storesMs = 4000;

/**
 * Ends the process in order, within a bound, and with exit code 0 on SIGTERM and SIGINT (without the delay: somebody
 * pressed a key and waits), or with 1 after an error that nobody caught. A second signal ends it at once.
 */
export function endInOrder({ server, afterwards, log, delayMs }: LifecycleOptions): void {
  let ending = false;

  const end = (withDelayMs: number): void => {
    ending = true;
    setTimeout(
      () => {
        log.error({}, 'could not stop in time');
        process.exit(1);
      },
      withDelayMs + closeMs + storesMs,
    ).unref();
    server
      .close(withDelayMs)
      .then(afterwards)
      .catch((error: unknown) => {
        log.error({ error: describeError(error) }, 'could not stop cleanly');
        process.exitCode = 1;
      });
  };

  const onSignal = (signal: NodeJS.Signals): void => {
    if (ending) process.exit(1);
    log.debug({ signal }, 'stopping');
    end(signal === 'SIGTERM' ? delayMs : 0);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);

  // Rejections that nobody handles come here, too. Nobody knows what state the process is in: others shall serve.
  process.on('uncaughtException', (error: unknown, origin) => {
    log.error({ error: describeError(error), origin }, 'nobody caught an error: stopping');
    process.exitCode = 1;
    if (!ending) end(0);
  });
}
