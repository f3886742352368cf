import { createHelpdeskBackend } from '../../src/backends/helpdesk/index.ts';
import { parseConfig } from '../../src/config/config.ts';
import type { Backend } from '../../src/domain/backend.ts';
import { createMemoryLog } from '../../src/events/log/memory-log.ts';
import { createGateway } from '../../src/gateway.ts';
import { startServer } from '../../src/http/server.ts';
import { createLimiterRegistry } from '../../src/rate-limit/memory-limiter.ts';
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { createMemoryState } from '../../src/state/memory-state.ts';
import { newSecret } from './delivery.ts';
import { searched } from './log-sink.ts';
import { openSocket, type Socket } from './live.ts';
import { createVirtualClock } from './virtual-clock.ts';

export interface LiveGatewayOptions {
  /** Whether the sandbox sends webhooks at all. @default true */
  readonly webhooks?: boolean;
  /** Whether the gateway holds a key; otherwise the socket brings the sandbox's for reading. @default true */
  readonly serverKey?: boolean;
  /** Environment on top of what the harness sets. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A gateway that sweeps, and its sandbox, on one clock that only the test moves. */
export interface LiveGateway extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly socket: Socket;
  /** Time goes by, in steps small enough for requests to be answered within them. */
  pass(ms: number): Promise<void>;
  query(document: string, variables?: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>>;
}

/** Milliseconds on the clock that go by at a time. */
const stepMs = 1_000;
/** Real milliseconds that a step waits at most for calls under way, which may wait for time to pass. */
const patienceMs = 40;

/** The helpdesk, with a count of the lists that are being read. */
function countingLists(backend: Backend) {
  const counter = { underWay: 0 };
  const counting: Backend = {
    ...backend,
    session: (caller, operation) => {
      const session = backend.session(caller, operation);
      const list: typeof session.tickets.list = async (query) => {
        counter.underWay += 1;
        try {
          return await session.tickets.list(query);
        } finally {
          counter.underWay -= 1;
        }
      };
      return { ...session, tickets: { ...session.tickets, list } };
    },
  };
  return { counting, counter };
}

export async function startLiveGateway(options: LiveGatewayOptions = {}): Promise<LiveGateway> {
  const clock = createVirtualClock();
  const secret = newSecret();
  const sandbox = await startSandbox({ clock, tickets: 20 });
  const { serverKey = true } = options;
  const { backend, ...config } = parseConfig({
    PORT: '0',
    DATA_DIR: 'off',
    HELPDESK_URL: sandbox.url,
    HELPDESK_WORKSPACE_ID: sandbox.workspaceId,
    ...(serverKey && { HELPDESK_API_KEY: sandbox.keys.admin }),
    HELPDESK_WEBHOOK_SECRET: secret,
    ...options.env,
  });
  if (backend === null) throw new Error('the sandbox was not taken for a backend');
  const silent = () => undefined;
  const log = searched({ debug: silent, info: silent, warn: silent, error: silent });
  const rateLimit = createLimiterRegistry({ defaultLimit: backend.rateLimit, clock });
  const helpdesk = createHelpdeskBackend({ url: backend.url, rateLimit, log, clock });
  const { counting, counter } = countingLists(helpdesk);
  const gateway = createGateway(
    { ...config, backend },
    {
      log,
      clock,
      backend: counting,
      eventLog: createMemoryLog({ clock }),
      state: createMemoryState({ clock }),
    },
  );
  const server = await startServer(gateway, config);
  if (options.webhooks ?? true) {
    const targetUrl = `${server.url}/webhooks/helpdesk/${sandbox.workspaceId}`;
    sandbox.webhooks.register({ targetUrl, secrets: [secret] });
  }
  const callersOwn = { 'x-api-key': sandbox.keys.read, 'x-workspace-id': sandbox.workspaceId };
  const socket = openSocket(`${server.url.replace('http', 'ws')}/graphql`, serverKey ? {} : callersOwn);
  /** Also of what an answer has set off. */
  const settled = async (): Promise<void> => {
    for (const end = Date.now() + patienceMs; counter.underWay > 0 && Date.now() < end;) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await clock.advance(0);
  };
  return {
    sandbox,
    socket,
    pass: async (ms) => {
      for (const end = clock.now() + ms; clock.now() < end;) {
        await clock.advance(Math.min(stepMs, end - clock.now()));
        await settled();
      }
    },
    query: async (query, variables) => {
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(!serverKey && callersOwn) },
        body: JSON.stringify({ query, variables }),
      });
      const { data, errors } = (await response.json()) as {
        data?: Record<string, unknown>;
        errors?: unknown;
      };
      if (data == null) throw new Error(JSON.stringify(errors));
      return data;
    },
    [Symbol.asyncDispose]: async () => {
      await socket.close();
      await server.close();
      await sandbox.close();
    },
  };
}
