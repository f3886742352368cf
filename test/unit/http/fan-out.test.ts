import { expect, test } from 'vitest';
import type { EventMessage, LivePlace, LiveReader } from '../../../src/events/feed/feed.ts';
import type { StreamMessage } from '../../../src/domain/event.ts';
import { Group } from '../../../src/http/sockets/fan-out-group.ts';
import type { Member, SharedResult, Voice } from '../../../src/http/sockets/fan-out-member.ts';
import type { Task } from '../../../src/http/sockets/turns.ts';
import { makeEvent, timeAt } from '../../contract/event-fixtures.ts';

const resultOf = (text: string): SharedResult => ({ payload: Buffer.from(text), fault: null });
const textOf = (message: StreamMessage): string =>
  message.kind === 'EVENT' ? message.record.event.eventId : `${message.kind} ${message.cursor}`;

interface Options {
  /** What a message comes to. @default its id or its kind and cursor, at once */
  readonly execute?: (message: StreamMessage) => SharedResult | Promise<SharedResult>;
  /** What `present` says of whoever is told a failure. @default null */
  readonly fault?: string | null;
}

/** A group at `c0`, whose live end and turns are in the test's hands. */
function setUp({ execute = (message) => resultOf(textOf(message)), fault = null }: Options = {}) {
  let reader: LiveReader | null = null;
  let stopped = 0;
  let ended = 0;
  const tasks = new Set<Task>();
  const place: LivePlace = {
    position: 0,
    cursor: 'c0',
    follow: (given) => {
      reader = given;
      return () => (stopped += 1);
    },
  };
  const group = new Group({
    place,
    turns: { add: (task) => tasks.add(task) },
    execute,
    present: () => ({ payload: Buffer.from('failed'), fault }),
    ended: () => (ended += 1),
  });
  const live = (): LiveReader => {
    if (reader === null) throw new Error('nobody follows');
    return reader;
  };
  let position = 0;
  return {
    group,
    stopped: () => stopped,
    ended: () => ended,
    live,
    /** @param eventId null: the next record is not for this group */
    deliver: (eventId: string | null, ticketId = eventId ?? '') => {
      position += 1;
      const cursor = `c${position}`;
      live().deliver({ position, cursor }, eventId === null ? null : eventAt(cursor, eventId, ticketId));
    },
    gap: (cursor: string) => {
      live().gap({ kind: 'GAP', cursor, reason: 'EVENTS_LOST', since: null });
    },
    /** Lets the group work until it has nothing more to do. */
    work: () => {
      for (const task of tasks) {
        while (task.step());
        tasks.delete(task);
      }
    },
    join: (id = 'one') => {
      const woken: Voice[] = [];
      const member = group.join(id, { wake: (given) => woken.push(given) });
      return { member, woken };
    },
  };
}

const eventAt = (cursor: string, eventId: string, ticketId: string): EventMessage => ({
  kind: 'EVENT',
  cursor,
  record: {
    cursor,
    event: makeEvent({ eventId, ticketId }),
    receivedAt: timeAt(Number(cursor.slice(1))),
    stale: false,
    before: null,
    after: null,
  },
  matchesFilter: true,
  replayed: false,
});

/** All that a member has to tell now. */
function told(member: Member): string[] {
  const texts: string[] = [];
  for (let next = member.take(); next !== null; next = member.take()) texts.push(next.payload.toString());
  return texts;
}

const macrotask = () => new Promise(setImmediate);

test('members are given what comes after they joined', () => {
  const { join, deliver, work } = setUp();
  const { member: early } = join();
  deliver('one');
  const { member: late } = join();
  deliver('two');
  work();
  expect(told(early)).toEqual(['one', 'two']);
  expect(told(late)).toEqual(['two']);
});

test('results keep their order, however long each takes', async () => {
  const slow = Promise.withResolvers<SharedResult>();
  const { join, deliver, work } = setUp({
    execute: (message) => (textOf(message) === 'one' ? slow.promise : resultOf(textOf(message))),
  });
  const { member } = join();
  deliver('one');
  deliver('two');
  work();
  expect(told(member)).toEqual([]);
  expect(member.mark).toBe('c0');
  slow.resolve(resultOf('one'));
  await macrotask();
  work();
  expect(told(member)).toEqual(['one', 'two']);
});

test('a mark moves past what is not for the group, and never past what waits', () => {
  const { join, deliver, work } = setUp();
  const { member } = join();
  deliver(null);
  expect(member.mark).toBe('c1');
  deliver('two');
  deliver(null);
  expect(member.mark).toBe('c1');
  work();
  expect(member.mark).toBe('c1');
  expect(member.take()?.payload.toString()).toBe('two');
  expect(member.mark).toBe('c3');
  const { member: late } = join();
  expect(late.mark).toBe('c3');
});

test('a member that takes nothing loses what comes after 512, is told so, and hears what follows', () => {
  const { join, deliver, work } = setUp();
  const [slow, fast] = [join('slow').member, join('fast').member];
  const ids = Array.from({ length: 600 }, (_, index) => `e${index + 1}`);
  for (const id of ids) {
    deliver(id);
    work();
    expect(told(fast)).toEqual([id]);
  }
  expect(slow.mark).toBe('c0');
  const heard = told(slow);
  expect(heard).toEqual([...ids.slice(0, 512), 'GAP c600']);
  deliver('next');
  work();
  expect(told(slow)).toEqual(['next']);
  expect(slow.mark).toBe('c601');
});

test('members that lost events at one place share what they are told of it', () => {
  let executed = 0;
  const { join, deliver, work } = setUp({
    execute: (message) => {
      executed += 1;
      return resultOf(textOf(message));
    },
  });
  const members = ['1', '2', '3'].map((id) => join(id).member);
  for (let count = 1; count <= 520; count += 1) {
    deliver(`e${count}`);
    work();
  }
  for (const member of members) expect(told(member).at(-1)).toBe('GAP c520');
  expect(executed).toBe(521);
});

test('while a gap is still being executed, what follows it is taken in and told behind it', async () => {
  const gap = Promise.withResolvers<SharedResult>();
  const { join, deliver, work } = setUp({
    execute: (message) => (message.kind === 'GAP' ? gap.promise : resultOf(textOf(message))),
  });
  const { member, woken } = join();
  for (let count = 1; count <= 513; count += 1) {
    deliver(`e${count}`);
    work();
  }
  expect(told(member)).toHaveLength(512);
  deliver('follows');
  work();
  expect(told(member)).toEqual([]);
  expect(member.mark).toBe('c512');
  woken.length = 0;
  gap.resolve(resultOf('the gap'));
  await macrotask();
  expect(woken).toEqual([member]);
  expect(told(member)).toEqual(['the gap', 'follows']);
});

test('what cannot be executed in time is lost for all, and told', async () => {
  const first = Promise.withResolvers<SharedResult>();
  const { join, deliver, work } = setUp({
    execute: (message) => (textOf(message) === 'e1' ? first.promise : resultOf(textOf(message))),
  });
  const { member } = join();
  deliver('e1');
  work();
  for (let count = 2; count <= 600; count += 1) deliver(`e${count}`);
  first.resolve(resultOf('e1'));
  await macrotask();
  const heard: string[] = [];
  for (let count = 0; count < 600; count += 1) {
    work();
    heard.push(...told(member));
  }
  expect(heard).toEqual([...Array.from({ length: 512 }, (_, index) => `e${index + 1}`), 'GAP c600']);
});

test('a gap for everybody comes after what came before it, and what follows is not lost', () => {
  const { join, deliver, gap, work } = setUp();
  const { member } = join();
  gap('c9');
  deliver('one');
  work();
  expect(told(member)).toEqual(['GAP c9', 'one']);
  deliver('two');
  gap('c20');
  const { member: late } = join();
  work();
  expect(told(member)).toEqual(['two', 'GAP c20']);
  expect(told(late)).toEqual([]);
  expect(member.mark).toBe('c20');
});

test('when nothing follows any more all are told, after what waits', () => {
  const { group, join, deliver, live, work, stopped, ended } = setUp();
  const { member } = join();
  deliver('one');
  live().end(new Error('refused'));
  work();
  expect(member.over).toBe(false);
  expect(told(member)).toEqual(['one', 'failed']);
  expect(member.over).toBe(true);
  expect(stopped()).toBe(1);
  member.leave();
  expect(ended()).toBe(1);
  expect(group.isAt({ position: 0, cursor: 'c1', follow: () => () => undefined })).toBe(false);
});

test('where the key may not listen any more, nothing of what waits is told', () => {
  const { join, deliver, gap, live, work, stopped } = setUp({ fault: 'INVALID_API_KEY' });
  const { member } = join();
  deliver('taken in');
  work();
  gap('c9');
  work();
  deliver('waits for its turn');
  live().end(new Error('refused'));
  expect(told(member)).toEqual(['failed']);
  expect(member.over).toBe(true);
  expect(stopped()).toBe(1);
  work();
  expect(told(member)).toEqual([]);
});

test('where the key may not listen any more, nothing is told of what was being executed', async () => {
  const gate = Promise.withResolvers<void>();
  const execute = (message: StreamMessage) => gate.promise.then(() => resultOf(textOf(message)));
  const { join, deliver, live, work } = setUp({ fault: 'INVALID_API_KEY', execute });
  const { member: full } = join();
  deliver('one');
  work();
  live().end(new Error('refused'));
  const last = told(full);
  gate.resolve();
  await macrotask();
  work();
  expect([...last, ...told(full)]).toEqual(['failed']);
});

test('a group ends with its last member, who is told nothing more', () => {
  const { join, deliver, work, stopped, ended } = setUp();
  const [one, two] = [join('1').member, join('2').member];
  deliver('one');
  work();
  one.leave();
  expect(told(one)).toEqual([]);
  expect(stopped()).toBe(0);
  two.leave();
  expect([stopped(), ended()]).toEqual([1, 1]);
});

test('only who is at the group’s place may join it', () => {
  const { group, deliver } = setUp();
  const at = (cursor: string): LivePlace => ({ position: 0, cursor, follow: () => () => undefined });
  expect(group.isAt(at('c0'))).toBe(true);
  deliver(null);
  expect(group.isAt(at('c0'))).toBe(false);
  expect(group.isAt(at('c1'))).toBe(true);
});

test('what comes before a payload is one byte a character, and JSON', () => {
  const { join } = setUp();
  for (const id of ['a', '"\\', 'ü', '😀', '\u2028', '\ud800', '\u007f']) {
    const { prefix } = join(id).member;
    expect(Buffer.byteLength(prefix)).toBe(prefix.length);
    expect(JSON.parse(`${prefix}null}`)).toEqual({ id, type: 'next', payload: null });
  }
});
