import type { ExecutionArgs } from 'graphql';
import { MessageType, stringifyMessage, type OperationResult, type SubscribePayload } from 'graphql-ws';
import type { LivePlace, MessageStream } from '../../events/feed/feed.ts';
import type { Resumption } from '../../events/feed/resumption.ts';
import type { Identity } from '../caller.ts';
import type { FanOut } from './fan-out.ts';
import { sharingKey } from './fan-out-key.ts';
import type { Outlet } from './fan-out-member.ts';
import { handingOver } from './hand-over.ts';
import type { Lanes } from './lanes.ts';
import type { BegunSubscription, OperationSource } from '../operation.ts';

/** The socket that carries a subscription. */
export interface Carriage {
  readonly lanes: Lanes;
  readonly line: Outlet;
  /** The mark of the socket that was cut before this one; null: none, or out of date. */
  readonly resumeFrom: string | null;
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
  /** The results that graphql-ws is given: those of a subscription end when it joins the others of its kind. */
  results(carriage: Carriage, operation: Operation, results: Results): Results;
}

/** An operation of a socket that was begun. */
interface Operation {
  readonly id: string;
  readonly payload: SubscribePayload;
  readonly args: ExecutionArgs;
  readonly identity: Identity;
}

type Results = Awaited<OperationResult>;

export function createLiveOperations(fanOut: FanOut): LiveOperations {
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
    results: (carriage, { id, payload, args, identity }, results) => {
      const { stream = null, subscription = null } = openings.get(payload) ?? {};
      const { caller } = identity;
      if (!(Symbol.asyncIterator in results)) return results;
      if (stream === null || subscription === null || caller === null) return results;
      const join = (place: LivePlace): void => {
        const key = sharingKey(caller.scope, subscription.deadlineMs, payload, args);
        const member = fanOut.join({ key, place, subscription, identity, id, outlet: carriage.line });
        carriage.lanes.adopt(id, member, stringifyMessage({ type: MessageType.Complete, id }));
      };
      return handingOver(results[Symbol.asyncIterator](), () => {
        const place = stream.handOver();
        if (place !== null) join(place);
        return place !== null;
      });
    },
  };
}
