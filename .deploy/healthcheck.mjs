/// <reference types="node" />
// Asks the gateway of this container whether it lives; the exit code is the answer.
import process from 'node:process';

const { PORT = '4000' } = process.env;
try {
  const { ok } = await fetch(`http://127.0.0.1:${PORT}/healthz`, { signal: AbortSignal.timeout(2000) });
  process.exitCode = ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
