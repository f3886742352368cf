import type { DeliveryResult, RawDelivery, WebhookReceiver } from '../domain/backend.ts';
import type { Clock } from '../domain/clock.ts';
import type { EventRecord, TicketEvent } from '../domain/event.ts';
import type { Log } from '../domain/log.ts';
import { describeError } from '../domain/redact.ts';
import type { DeliveryFate, Telemetry } from '../domain/telemetry.ts';
import { answerJson, refuse, type Answer } from './answers.ts';
import type { Refusal } from './refusals.ts';
import { traceOf } from './trace.ts';
import type { WebhookSenders } from './webhook-senders.ts';

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
  readonly senders: WebhookSenders;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds to keep an event; after that the sender is asked to come again. */
  readonly timeoutMs: number;
  /** Milliseconds after which a delivery is refused, whatever is wrong with it. */
  readonly refusalMs: number;
  /** @default nobody watches */
  readonly telemetry?: Pick<Telemetry, 'delivery'> | undefined;
}

/** What became of a delivery: what its sender is told, and what those who watch are. */
interface Fate {
  readonly result: DeliveryFate;
  readonly answer: Answer;
}

/** A delivery before its body is read. */
export interface IncomingDelivery {
  readonly workspaceId: string;
  /** Looks a header up by its lower-case name. */
  readonly header: RawDelivery['header'];
  /** As `ClientAddress` gave it. */
  readonly sender: string;
  /** @throws BodyTooLargeError, BodyCutError */
  readonly readBody: () => Promise<Uint8Array>;
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

/** Neither body nor signature of it was looked at. @param ms until the sender may come again */
const heldBack = (ms: number): Refusal => ({
  status: 429,
  code: 'TOO_MANY_REFUSED',
  message: 'Too many deliveries of this sender were refused. Deliver again later.',
  headers: { 'retry-after': String(Math.ceil(ms / 1000)) },
});

/** A secret that nobody has: a workspace that is not known costs the same time as one that is. */
const decoy = [`whsec_${Buffer.from(crypto.getRandomValues(new Uint8Array(24))).toString('base64')}`];

/** Keeps an event within its time, or asks its sender to come again. */
function createKeep({ accept, clock, log, timeoutMs }: WebhookRouteOptions) {
  return async (workspaceId: string, event: TicketEvent): Promise<Fate> => {
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
}

interface Judgement {
  /** Whether the workspace has a secret here. */
  readonly known: boolean;
  readonly result: DeliveryResult;
}

/** Says what a delivery is; if it fits no secret, once more where there are others by now. */
function createJudge({ receiver, secretsOf, refresh = async () => false, clock }: WebhookRouteOptions) {
  const judge = (workspaceId: string, delivery: RawDelivery): Judgement => {
    const secrets = secretsOf(workspaceId);
    const known = secrets.length > 0;
    const result: DeliveryResult = receiver.receive(delivery, known ? secrets : decoy, clock.now());
    return { known, result };
  };
  return async (workspaceId: string, delivery: RawDelivery): Promise<Judgement> => {
    const first = judge(workspaceId, delivery);
    const forged = !first.result.ok && first.result.reason === 'FORGED';
    return forged && (await refresh(workspaceId)) ? judge(workspaceId, delivery) : first;
  };
}

/** Takes deliveries of webhooks. A 2xx says that the event is kept: only then may its sender forget it. */
export function createWebhookRoute(options: WebhookRouteOptions) {
  const { senders, clock, log, refusalMs } = options;
  const keep = createKeep(options);
  const judge = createJudge(options);

  /**
   * How long judging took tells how many secrets there are, and whether the workspace is known: so it is always answered
   * after the same time. Meanwhile nothing of the delivery is kept.
   */
  const refuseInTime = async (begin: number): Promise<Answer> => {
    const left = begin + refusalMs - clock.now();
    if (left > 0) await new Promise<void>((resolve) => clock.after(left, resolve));
    return refuse(refused);
  };

  const receive = async ({ workspaceId, header, sender, readBody }: IncomingDelivery): Promise<Fate> => {
    const heldBackMs = senders.heldBackMs(sender);
    if (heldBackMs > 0) return { result: 'HELD_BACK', answer: refuse(heldBack(heldBackMs)) };
    const delivery = { header, body: await readBody() };
    const begin = clock.now();
    const { known, result } = await judge(workspaceId, delivery);
    if (known && result.ok) {
      senders.genuine(sender);
      return keep(workspaceId, result.event);
    }
    if (known && !result.ok && result.reason === 'UNREADABLE') {
      senders.genuine(sender);
      const fields = { workspaceId, eventId: header('webhook-id'), bytes: delivery.body.byteLength };
      log.error(fields, 'webhook: a genuine delivery could not be understood');
      return { result: 'UNREADABLE', answer: refuse(unreadable) };
    }
    const notice = senders.refused(sender);
    const reason = result.ok ? 'FORGED' : result.reason;
    if (known && notice) log.warn({ workspaceId, reason, ...notice }, 'webhook: delivery refused');
    return { result: known ? reason : 'UNKNOWN_WORKSPACE', answer: await refuseInTime(begin) };
  };

  return async (incoming: IncomingDelivery): Promise<Answer> => {
    const { workspaceId, header } = incoming;
    const watch = options.telemetry?.delivery({
      workspaceId,
      trace: traceOf(header('traceparent'), header('tracestate')),
    });
    let result: DeliveryFate = 'UNAVAILABLE';
    try {
      const fate = await receive(incoming);
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
