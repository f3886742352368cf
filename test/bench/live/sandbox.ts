/** A helpdesk without tickets, in a process of its own: it is asked whether a key may listen, and what has changed. */
import { startSandbox } from '../../../src/sandbox/sandbox.ts';
import { answerParent } from '../child.ts';

export interface SandboxAnswers {
  readonly address: { readonly url: string; readonly workspaceId: string; readonly key: string };
}

const { url, workspaceId, keys, close } = await startSandbox({ tickets: 0, rateLimit: { limit: 1_000_000 } });
answerParent<SandboxAnswers>({ address: () => ({ url, workspaceId, key: keys.write }) }, close);
