import type { ApiLevel, Caller } from '../../src/domain/caller.ts';
import { createHelpdeskBackend, type HelpdeskOptions } from '../../src/backends/helpdesk/index.ts';
import { createLimiterRegistry } from '../../src/rate-limit/memory-limiter.ts';
import type { SandboxOptions } from '../../src/sandbox/options.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { backendContract, type BackendUnderTest } from './backend.ts';

const silent = () => undefined;
const log = { debug: silent, info: silent, warn: silent, error: silent };

const open =
  (sandboxOptions: SandboxOptions, options: Partial<HelpdeskOptions> = {}) =>
  async (): Promise<BackendUnderTest> => {
    const sandbox = await startSandbox({ tickets: 30, ...sandboxOptions });
    const backend = createHelpdeskBackend({
      url: sandbox.url,
      rateLimit: createLimiterRegistry({ defaultLimit: 400 }),
      log,
      ...options,
    });
    const callerOf = (apiKey: string): Caller => ({
      workspaceId: sandbox.workspaceId,
      apiKey,
      scope: apiKey,
      keyId: apiKey,
      source: 'REQUEST',
      level: null,
      endUser: null,
    });
    const keys: Readonly<Record<ApiLevel, string>> = {
      READ: sandbox.keys.read,
      WRITE: sandbox.keys.write,
      ADMIN: sandbox.keys.admin,
    };
    const [one, two] = sandbox.agents.ids;
    if (one === undefined || two === undefined) throw new Error('The sandbox has too few agents.');
    return {
      backend,
      caller: (level) => callerOf(keys[level]),
      stranger: callerOf(`aclou_${'0'.repeat(40)}`),
      agents: [one, two],
      requests: () => sandbox.requests.length,
      async [Symbol.asyncDispose]() {
        await backend.close();
        await sandbox.close();
      },
    };
  };

backendContract('Helpdesk, which merges custom fields and speaks as its resource pages say', open({}));
backendContract(
  'Helpdesk, which replaces custom fields and speaks as its pagination page says',
  open({ listDialect: 'pagination', customFieldsOnPut: 'replace' }),
);
backendContract(
  'Helpdesk, set to replace custom fields',
  open({ customFieldsOnPut: 'replace', systemFields: 'extra' }, { customFieldsOnPut: 'replace' }),
);
