/** The sandbox in a process of its own: the real limit, no agents, no webhooks; the gateway alone spends the key. */
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { answerParent } from './child.ts';
import type { BackendCall } from './windows.ts';

export interface SandboxAnswers {
  readonly address: { readonly url: string; readonly workspaceId: string; readonly key: string };
  /** What the sandbox itself says of the key's window. */
  readonly window: { readonly limit: number; readonly remaining: number; readonly resetsAt: number };
  readonly calls: readonly BackendCall[];
}

/** Tickets that each client's list holds. */
const rowsEach = 10;

const [clients = '0', seed = '1'] = process.argv.slice(2);
const sandbox = await startSandbox({ seed: Number(seed), maxRecordedRequests: 1_000_000 });
const key = sandbox.keys.write;
for (let client = 0; client < Number(clients); client += 1) {
  for (let row = 0; row < rowsEach; row += 1) {
    sandbox.tickets.create({ assigneeId: `usr_${client}` }, { webhook: false });
  }
}

answerParent<SandboxAnswers>(
  {
    address: () => ({ url: sandbox.url, workspaceId: sandbox.workspaceId, key }),
    window: () => sandbox.rateLimit.state(key),
    calls: () =>
      sandbox.requests.map(({ method, path, status, at, answeredAt }) => ({
        operation: `${method} ${path}`,
        status,
        at,
        answeredAt,
      })),
  },
  () => sandbox.close(),
);
