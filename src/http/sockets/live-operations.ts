import type { ExecutionArgs } from 'graphql';
import { MessageType, stringifyMessage, type OperationResult, type SubscribePayload } from 'graphql-ws';
import type { MessageStream } from '../../events/feed/feed.ts';
import type { Resumption } from '../../events/feed/resumption.ts';
import { failed } from '../../graphql/subscribe.ts';
import { afterFirst } from './after-first.ts';
import type { FanOut, FanOutOptions } from './fan-out.ts';
import { sharingKey } from './fan-out-key.ts';
import type { Outlet, Voice } from './fan-out-member.ts';
import type { Lanes } from './lanes.ts';
import type { BegunSubscription, OperationSource } from '../operation.ts';
import { Replay } from './replay.ts';

/** The socket that carries a subscription. */
export interface Carriage {
  readonly lanes: Lanes;
  readonly line: Outlet;
  /** The mark of the socket that was cut before this one; null: none, or out of date. */
  readonly resumeFrom: string | null;
  /** The server has said its last word of a subscription. */
  ended(voice: Pick<Voice, 'id'>): void;
}

/** What a transport learns of a subscription while it opens. */
interface Opening {
  stream: MessageStream | null;
  subscription: BegunSubscription | null;
}

/** Brings subscriptions of sockets to where they can be shared. */
export interface LiveOperations {
  /** For the source of an operation that may become a subscription. */
  listener(
    carriage: Carriage,
    id: string,
    payload: SubscribePayload,
  ): Pick<OperationSource, 'resumption' | 'began'>;
  /**
   * The results that graphql-ws is given. Those of a subscription end after the first: what it is to be told from the log
   * goes out beside graphql-ws, and then it joins the others of its kind.
   */
  results(carriage: Carriage, operation: Operation, results: Results): Results;
}

/** An operation of a socket that was begun. */
interface Operation {
  readonly id: string;
  readonly payload: SubscribePayload;
  readonly args: ExecutionArgs;
  readonly source: OperationSource;
}

type Results = Awaited<OperationResult>;

export interface LiveOperationsOptions extends Pick<FanOutOptions, 'present'> {
  readonly fanOut: FanOut;
}

export function createLiveOperations({ fanOut, present }: LiveOperationsOptions): LiveOperations {
  const openings = new WeakMap<SubscribePayload, Opening>();
  return {
    listener: (carriage, id, payload) => {
      const opening: Opening = { stream: null, subscription: null };
      openings.set(payload, opening);
      const resumption: Resumption = {
        lastSeen: null,
        get resumeFrom() {
          return carriage.resumeFrom;
        },
        opened: (stream) => {
          opening.stream = stream;
          carriage.lanes.locate(id, stream);
        },
      };
      const began = (subscription: BegunSubscription): void => {
        opening.subscription = subscription;
      };
      return { resumption, began };
    },
    results: (carriage, { id, payload, args, source }, results) => {
      const { stream = null, subscription = null } = openings.get(payload) ?? {};
      const { identity, traceId } = source;
      const { caller } = identity;
      if (!(Symbol.asyncIterator in results)) return results;
      if (stream === null || subscription === null || caller === null) return results;
      const { lanes, line: outlet } = carriage;
      const takeOver = (): boolean => {
        const place = stream.handOver();
        if (place === null) return false;
        const key = sharingKey(caller, subscription.deadlineMs, payload, args);
        lanes.pass(id, fanOut.join({ key, place, subscription, identity, id, outlet }));
        return true;
      };
      return afterFirst(results[Symbol.asyncIterator](), () => {
        const controller = new AbortController();
        const own: OperationSource = { ...source, signal: controller.signal };
        const replay = new Replay({
          id,
          outlet,
          stream,
          execute: (message) => {
            const result = subscription.resultOf(message, own);
            return result instanceof Promise
              ? result.then((value) => present(value, traceId))
              : present(result, traceId);
          },
          present: (error) => present(failed(error), traceId),
          takeOver,
          ended: () => carriage.ended({ id }),
          left: () => controller.abort(),
        });
        lanes.adopt(id, replay, stringifyMessage({ type: MessageType.Complete, id }));
        replay.start();
      });
    },
  };
}
