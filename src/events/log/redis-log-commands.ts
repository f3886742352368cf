import { randomBytes } from 'node:crypto';
import type { Redis, Result } from 'ioredis';
import { z } from 'zod';
import { createGate } from '../../redis/gate.ts';
import type { Retention } from './log.ts';
import type { WorkspaceKeys } from './redis-log-keys.ts';
import { appendEvent, openLog, readLog, readPlace, readTicket, trimLog } from './redis-log-scripts.ts';

type Argument = string | number;

declare module 'ioredis' {
  interface RedisCommander<Context> {
    trimLog(...keysAndArguments: readonly Argument[]): Result<unknown, Context>;
    openLog(...keysAndArguments: readonly Argument[]): Result<unknown, Context>;
    appendEvent(...keysAndArguments: readonly Argument[]): Result<unknown, Context>;
    readLog(...keysAndArguments: readonly Argument[]): Result<unknown, Context>;
    readPlace(...keysAndArguments: readonly Argument[]): Result<unknown, Context>;
    readTicket(...keysAndArguments: readonly Argument[]): Result<unknown, Context>;
  }
}

/** An event with what it was judged by, as one step appends it or refuses to. */
export interface AppendAttempt {
  readonly eventId: string;
  readonly ticketId: string;
  readonly channel: string;
  /** `changeOf`; '' for none. */
  readonly change: string;
  readonly receivedAt: string;
  readonly webhook: boolean;
  /** What it was judged by: the text that is kept of the ticket and the channel that told of the change; '' for none. */
  readonly expected: { readonly ticket: string; readonly channel: string };
  /** By that it is a repeat. */
  readonly repeated: boolean;
  /** What is known of the ticket stays what it was. */
  readonly unchanged: boolean;
  /** `encodeState` of what is known from now on, repeated or not; '' for still nothing. */
  readonly state: string;
  readonly record: string;
  readonly workspaceId: string;
}

const appendReply = z.union([
  z.tuple([z.literal('REPEATED')]).transform(([kind]) => ({ kind })),
  z
    .tuple([z.literal('STATE'), z.string(), z.string(), z.number()])
    .transform(([kind, ticket, channel, base]) => ({ kind, ticket, channel, base })),
  z
    .tuple([z.literal('APPENDED'), z.string(), z.coerce.number(), z.number()])
    .transform(([kind, epoch, position, more]) => ({ kind, epoch, position, more: more === 1 })),
]);
const openReply = z
  .tuple([z.string(), z.coerce.number(), z.string().nullable(), z.string().nullable()])
  .transform(([epoch, head, headId, headAt]) => ({ epoch, head, headId, headAt }));
const trimReply = z.tuple([z.number(), z.number()]).transform(([more, left]) => ({ more: more === 1, left }));

/** An entry of the stream; what is not readable of it is ''. */
export interface StoredEntry {
  readonly position: number;
  readonly eventId: string;
  readonly receivedAt: string;
  readonly text: string;
}

const fields = z.array(z.string()).transform((list) => {
  const found = new Map<string, string>();
  for (let at = 0; at + 1 < list.length; at += 2) found.set(list[at] ?? '', list[at + 1] ?? '');
  return (name: string): string => found.get(name) ?? '';
});
const entries = z.array(z.string()).transform((list) => {
  const found: StoredEntry[] = [];
  for (let at = 0; at + 3 < list.length; at += 4) {
    const [position, eventId = '', receivedAt = '', text = ''] = list.slice(at, at + 4);
    found.push({ position: Number(position), eventId, receivedAt, text });
  }
  return found;
});
const flagReply = z.number().transform((is) => is === 1);
const readReply = z.tuple([z.string().nullable(), flagReply, entries]);
const placeReply = z.tuple([fields, flagReply, entries, entries]);
const ticketReply = z.tuple([z.coerce.number(), entries, z.string().nullable()]);

export interface LogCommands {
  append(keys: WorkspaceKeys, attempt: AppendAttempt): Promise<z.infer<typeof appendReply>>;
  /** Where the log ends; begins it where there is none. */
  open(keys: WorkspaceKeys): Promise<z.infer<typeof openReply>>;
  /** Lets go of what has outlived its retention, up to a bound. `left`: records and traces that are kept. */
  trim(keys: WorkspaceKeys): Promise<z.infer<typeof trimReply>>;
  /** Entries after a position, oldest first. `epoch`: null where there is no log; `due`: the first one ought to be gone. */
  read(
    keys: WorkspaceKeys,
    after: number,
    limit: number,
  ): Promise<{
    readonly epoch: string | null;
    readonly due: boolean;
    readonly entries: readonly StoredEntry[];
  }>;
  /** What meta holds under a name, '' for nothing; the oldest entry, whether it ought to be gone; the one at a position. */
  place(
    keys: WorkspaceKeys,
    position: number,
  ): Promise<{
    readonly meta: (name: string) => string;
    readonly due: boolean;
    readonly first: StoredEntry | undefined;
    readonly entry: StoredEntry | undefined;
  }>;
  /** What is kept of a ticket, '' for nothing, and the position of the last record that was trimmed. */
  ticket(keys: WorkspaceKeys, ticketId: string): Promise<{ readonly text: string; readonly base: number }>;
}

export interface LogCommandsOptions {
  /** The time that retention goes by, milliseconds since the epoch; null: that of Redis. */
  readonly now: (() => number) | null;
  readonly retention: Retention;
  /** The channel of the news, and whose they are. */
  readonly news: { readonly channel: string; readonly sender: string };
}

/** What Redis keeps longer than a gateway would, should none come again; milliseconds. */
const marginMs = 3_600_000;

/** Scripts on their way at a time, and of these pages of a log, which take much longer. */
const maxRunning = 50;
const maxPages = 4;

const scripts = { trimLog, openLog, appendEvent, readLog, readPlace, readTicket };

/** Another one each time: a log that is lost twice begins with another twice. */
const freshEpoch = (): string => randomBytes(9).toString('base64url');

const flag = (is: boolean): string => (is ? '1' : '');

/** Gives the scripts names for what goes in and out. */
export function createLogCommands(redis: Redis, { now, retention, news }: LogCommandsOptions): LogCommands {
  const run = createGate(maxRunning);
  const runPage = createGate(maxPages);
  for (const [name, lua] of Object.entries(scripts)) redis.defineCommand(name, { numberOfKeys: 6, lua });
  const { maxAgeMs, maxCount, memoryMs, memoryCount } = retention;
  const recordTtl = Math.ceil(maxAgeMs) + marginMs;
  const memoryTtl = Math.max(recordTtl, Math.ceil(memoryMs) + marginMs);
  const time = (): Argument => now?.() ?? '';
  const common = (): Argument[] => [time(), maxAgeMs, maxCount, memoryMs, memoryCount];
  return {
    trim: async (keys) => trimReply.parse(await run(() => redis.trimLog(...keys, ...common()))),
    open: async (keys) =>
      openReply.parse(await run(() => redis.openLog(...keys, ...common(), freshEpoch(), memoryTtl))),
    read: async (keys, after, limit) => {
      const [epoch, due, found] = readReply.parse(
        await runPage(() => redis.readLog(...keys, time(), maxAgeMs, after, limit)),
      );
      return epoch === null ? { epoch, due: false, entries: [] } : { epoch, due, entries: found };
    },
    place: async (keys, position) => {
      const [meta, due, [first], [entry]] = placeReply.parse(
        await run(() => redis.readPlace(...keys, time(), maxAgeMs, position)),
      );
      return { meta, due, first, entry };
    },
    ticket: async (keys, ticketId) => {
      const [head, [first], text] = ticketReply.parse(await run(() => redis.readTicket(...keys, ticketId)));
      return { text: text ?? '', base: first === undefined ? head : first.position - 1 };
    },
    append: async (keys, attempt) => {
      const { receivedAt, expected } = attempt;
      const reply = await run(() =>
        redis.appendEvent(
          ...keys,
          ...common(),
          freshEpoch(),
          attempt.eventId,
          attempt.ticketId,
          attempt.channel,
          attempt.change,
          receivedAt,
          now === null ? '' : Date.parse(receivedAt),
          flag(attempt.webhook),
          expected.ticket,
          expected.channel,
          flag(attempt.repeated),
          flag(attempt.unchanged),
          attempt.state,
          attempt.record,
          news.channel,
          news.sender,
          attempt.workspaceId,
          recordTtl,
          memoryTtl,
        ),
      );
      return appendReply.parse(reply);
    },
  };
}
