import type { Duplex } from 'node:stream';
import type { Member, Outlet, SharedResult } from './fan-out-member.ts';
import { headerBytes, pingFrame, textFrame, writeTextHeader } from './frames.ts';
import type { Task, Turns } from './turns.ts';

/** What the line needs to know of its WebSocket. */
export interface LineEnds {
  /** Whether messages may still be sent. */
  isOpen(): boolean;
  /** The other end has read on. */
  drained(): void;
  /** A message was written after which the socket closes. @param code why */
  fault(code: string): void;
  /** The last message of a member was written. */
  ended(member: Member): void;
}

/** Bytes that are handed to the system in one go, unless one message alone is longer. */
const batchBytes = 65_536;

const nothing = Buffer.alloc(0);

/**
 * What is written is put together here. The system nearly always takes it in one go, and then the room is free again;
 * where it does not, whatever keeps the rest keeps the room, and there is another.
 */
let scratch = nothing;

/** Ends each message that begins with a `Member`'s prefix. */
const suffix = '}'.charCodeAt(0);

interface Batch {
  readonly members: Member[];
  readonly results: SharedResult[];
  /** Of all frames together. */
  bytes: number;
  /** Why the socket closes behind it; null: it stays open. */
  fault: string | null;
}

/**
 * Writes shared messages to one socket, beside what `ws` writes to it: both only write whole frames. What waits at a time
 * goes out together. While the socket is backed up nothing is taken from the members, so it is they that lose, and tell.
 */
export class Line implements Outlet, Task {
  readonly #socket: Duplex;
  readonly #turns: Turns;
  readonly #ends: LineEnds;
  /** Members that may have something to take, each once. */
  readonly #woken: Member[] = [];
  #draining = false;

  constructor(socket: Duplex, turns: Turns, ends: LineEnds) {
    this.#socket = socket;
    this.#turns = turns;
    this.#ends = ends;
  }

  wake(member: Member): void {
    if (member.woken) return;
    member.woken = true;
    this.#woken.push(member);
    if (!this.#draining) this.#turns.add(this);
  }

  /** Sends a ping of the WebSocket, and behind it a message. @param message null: none */
  ping(message: string | null): void {
    if (!this.#ends.isOpen()) return;
    this.#socket.write(message === null ? pingFrame : Buffer.concat([pingFrame, textFrame(message)]));
  }

  step(): boolean {
    if (this.#draining || !this.#ends.isOpen()) return false;
    if (this.#socket.writableNeedDrain) {
      this.#wait();
      return false;
    }
    const batch = this.#gather();
    if (batch.bytes > 0) this.#write(batch);
    return this.#woken.length > 0;
  }

  /** One message of each member that has any, then the next of each. */
  #gather(): Batch {
    const batch: Batch = { members: [], results: [], bytes: 0, fault: null };
    while (batch.bytes < batchBytes && batch.fault === null) {
      const member = this.#woken.shift();
      if (member === undefined) break;
      const result = member.take();
      if (result === null) {
        member.woken = false;
        continue;
      }
      const length = member.prefix.length + result.payload.length + 1;
      batch.members.push(member);
      batch.results.push(result);
      batch.bytes += headerBytes(length) + length;
      batch.fault = result.fault;
      this.#woken.push(member);
    }
    return batch;
  }

  #write({ members, results, bytes, fault }: Batch): void {
    if (scratch.length < bytes) scratch = Buffer.allocUnsafeSlow(Math.max(bytes, 2 * batchBytes));
    const buffer = scratch;
    let at = 0;
    for (const [index, { prefix }] of members.entries()) {
      const payload = results[index]?.payload ?? nothing;
      at = writeTextHeader(buffer, at, prefix.length + payload.length + 1);
      at += buffer.write(prefix, at, 'latin1');
      at += payload.copy(buffer, at);
      buffer[at] = suffix;
      at += 1;
    }
    this.#socket.write(buffer.subarray(0, at));
    if (this.#socket.writableLength > 0) scratch = nothing;
    if (fault !== null) this.#ends.fault(fault);
    else for (const member of members) if (member.over) this.#ends.ended(member);
  }

  #wait(): void {
    this.#draining = true;
    this.#socket.once('drain', () => {
      this.#draining = false;
      this.#ends.drained();
      this.#turns.add(this);
    });
  }
}
