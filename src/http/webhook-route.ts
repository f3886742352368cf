import type { DeliveryResult, RawDelivery, WebhookReceiver } from '../domain/backend.ts';
import type { Clock } from '../domain/clock.ts';
import type { EventRecord, TicketEvent } from '../domain/event.ts';
import type { Log } from '../domain/log.ts';
import { describeError } from '../domain/redact.ts';
import type { DeliveryFate, Telemetry } from '../domain/telemetry.ts';
import { answerJson, refuse, type Answer } from './answers.ts';
import type { Refusal } from './refusals.ts';
import { traceOf } from './trace.ts';

export interface WebhookRouteOptions {
  readonly receiver: WebhookReceiver;
  /** Every secret that may have signed a delivery to a workspace; none: the workspace is not known here. */
  readonly secretsOf: (workspaceId: string) => readonly string[];
  /**
   * Looks whether there are other secrets by now, for a delivery that none fits; costs little however often it is asked.
   * Never rejects. @default there never are
   */
  readonly refresh?: (workspaceId: string) => Promise<boolean>;
  /** Resolves once the event is kept. */
  readonly accept: (
    workspaceId: string,
    event: TicketEvent,
  ) => Promise<{ readonly result: 'APPENDED' | 'REPEATED'; readonly record?: Pick<EventRecord, 'stale'> }>;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds to keep an event; after that the sender is asked to come again. */
  readonly timeoutMs: number;
  /** @default nobody watches */
  readonly telemetry?: Pick<Telemetry, 'delivery'> | undefined;
}

/** What became of a delivery: what its sender is told, and what those who watch are. */
interface Fate {
  readonly result: DeliveryFate;
  readonly answer: Answer;
}

/** One answer for a workspace that is not known, a missing signature, a wrong one and an old one: nothing to learn. */
const refused: Refusal = {
  status: 401,
  code: 'DELIVERY_REFUSED',
  message:
    'The delivery is not signed with a secret of this receiver, or its time is off by more than five minutes.',
};

const notNow: Refusal = {
  status: 503,
  code: 'UNAVAILABLE',
  message: 'The event could not be kept. Deliver it again.',
  headers: { 'retry-after': '5' },
};

/**
 * Senders give up on it sooner or later; until then, and whenever it is sent again by hand, a gateway that
 * understands it can still take it. A 2xx would make it lost for good.
 */
const unreadable: Refusal = {
  status: 422,
  code: 'DELIVERY_UNREADABLE',
  message: 'The delivery is genuine, and it cannot be told which ticket it is of.',
};

/** A secret that nobody has: a workspace that is not known costs the same time as one that is. */
const decoy = [`whsec_${Buffer.from(crypto.getRandomValues(new Uint8Array(24))).toString('base64')}`];

/** Takes deliveries of webhooks. A 2xx says that the event is kept: only then may its sender forget it. */
export function createWebhookRoute(options: WebhookRouteOptions) {
  const { receiver, secretsOf, refresh = async () => false, accept, clock, log, timeoutMs } = options;

  const keep = async (workspaceId: string, event: TicketEvent): Promise<Fate> => {
    const fields = { workspaceId, eventId: event.eventId };
    let cancel = (): void => undefined;
    const late = new Promise<'LATE'>((resolve) => {
      cancel = clock.after(timeoutMs, () => resolve('LATE'));
    });
    try {
      const kept = await Promise.race([accept(workspaceId, event), late]);
      if (kept !== 'LATE') return { result: takenAs(kept), answer: answerJson(200, { result: kept.result }) };
      log.error({ ...fields, timeoutMs }, 'webhook: the event log did not take an event in time');
    } catch (error) {
      log.error({ ...fields, error: describeError(error) }, 'webhook: the event log did not take an event');
    } finally {
      cancel();
    }
    return { result: 'UNAVAILABLE', answer: refuse(notNow) };
  };

  const judge = (workspaceId: string, delivery: RawDelivery) => {
    const secrets = secretsOf(workspaceId);
    const known = secrets.length > 0;
    const result: DeliveryResult = receiver.receive(delivery, known ? secrets : decoy, clock.now());
    return { known, result };
  };

  const receive = async (workspaceId: string, delivery: RawDelivery): Promise<Fate> => {
    let { known, result } = judge(workspaceId, delivery);
    if (!result.ok && result.reason === 'FORGED' && (await refresh(workspaceId))) {
      ({ known, result } = judge(workspaceId, delivery));
    }
    if (result.ok && known) return keep(workspaceId, result.event);
    if (!result.ok && result.reason === 'UNREADABLE' && known) {
      const fields = { workspaceId, eventId: delivery.header('webhook-id'), bytes: delivery.body.byteLength };
      log.error(fields, 'webhook: a genuine delivery could not be understood');
      return { result: 'UNREADABLE', answer: refuse(unreadable) };
    }
    const reason = result.ok ? 'FORGED' : result.reason;
    if (known) log.warn({ workspaceId, reason }, 'webhook: delivery refused');
    return { result: known ? reason : 'UNKNOWN_WORKSPACE', answer: refuse(refused) };
  };

  return async (workspaceId: string, delivery: RawDelivery): Promise<Answer> => {
    const watch = options.telemetry?.delivery({
      workspaceId,
      trace: traceOf(delivery.header('traceparent'), delivery.header('tracestate')),
    });
    let result: DeliveryFate = 'UNAVAILABLE';
    try {
      const fate = await receive(workspaceId, delivery);
      ({ result } = fate);
      return fate.answer;
    } finally {
      watch?.end(result);
    }
  };
}

const takenAs = ({ result, record }: Awaited<ReturnType<WebhookRouteOptions['accept']>>): DeliveryFate => {
  if (result === 'REPEATED') return 'REPEATED';
  return record?.stale === true ? 'STALE' : 'ACCEPTED';
};

export type WebhookRoute = ReturnType<typeof createWebhookRoute>;
