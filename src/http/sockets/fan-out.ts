import type { ExecutionResult } from 'graphql';
import type { LivePlace } from '../../events/feed/feed.ts';
import type { Resumption } from '../../events/feed/resumption.ts';
import type { Identity } from '../caller.ts';
import { Group, type GroupOptions } from './fan-out-group.ts';
import type { Member, Outlet, SharedResult } from './fan-out-member.ts';
import type { BegunSubscription, OperationSource } from '../operation.ts';
import { traceIdOf } from '../trace.ts';
import type { Turns } from './turns.ts';

export interface FanOutOptions {
  readonly turns: Turns;
  /** The public form of a result of a subscription. @param traceId of what was executed */
  readonly present: (result: ExecutionResult, traceId: string) => SharedResult;
  /** Told of each message that a subscriber is given. @default nobody is */
  readonly told?: GroupOptions['told'];
}

/** A subscription whose own stream has reached the live end. */
export interface Newcomer {
  /** `sharingKey` */
  readonly key: string;
  readonly place: LivePlace;
  readonly subscription: BegunSubscription;
  readonly identity: Identity;
  /** The client's name for it. */
  readonly id: string;
  readonly outlet: Outlet;
}

export interface FanOut {
  /** Groups that follow the live end now. */
  readonly size: number;
  /** To be called in the same breath as `handOver`. */
  join(newcomer: Newcomer): Member;
}

/** Brings together subscriptions to which every event comes to the same. */
export function createFanOut({ turns, present, told }: FanOutOptions): FanOut {
  const groups = new Map<string, Group>();
  const all = new Set<Group>();
  let made = 0;

  const open = ({ key, place, subscription, identity }: Newcomer): Group => {
    const { resultOf } = subscription;
    const controller = new AbortController();
    const source = {
      identity,
      // It asks for many: none of their turns is the right one.
      client: `subscription:${(made += 1)}`,
      signal: controller.signal,
      header: () => null,
      resumption,
      streams: true,
      began: () => undefined,
    } satisfies Omit<OperationSource, 'traceId'>;
    const group = new Group({
      place,
      turns,
      told,
      execute: (message) => {
        const traceId = traceIdOf(null);
        const result = resultOf(message, { ...source, traceId });
        return result instanceof Promise
          ? result.then((value) => present(value, traceId))
          : present(result, traceId);
      },
      present: (result) => present(result, traceIdOf(null)),
      ended: () => {
        controller.abort();
        all.delete(group);
        if (groups.get(key) === group) groups.delete(key);
      },
    });
    groups.set(key, group);
    all.add(group);
    return group;
  };

  return {
    get size() {
      return all.size;
    },
    join(newcomer) {
      const { key, place, id, outlet } = newcomer;
      const known = groups.get(key);
      const group = known?.isAt(place) === true ? known : open(newcomer);
      return group.join(id, outlet);
    },
  };
}

/** Nothing that is executed for a group opens a stream. */
const resumption: Resumption = { lastSeen: null, resumeFrom: null, opened: () => undefined };
