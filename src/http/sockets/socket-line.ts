import type { Duplex } from 'node:stream';
import type { Outlet, SharedResult, Voice } from './fan-out-member.ts';
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
  /** The last message of a voice was written. */
  ended(voice: Voice): void;
}

/** Bytes that are handed to the system in one go, unless one message alone is longer. */
const batchBytes = 65_536;

const nothing = Buffer.alloc(0);

/**
 * What is written is put together here. The system nearly always takes it in one go, and then the room is free again;
 * where it does not, whatever keeps the rest keeps the room, and there is another.
 */
let scratch = nothing;

/** Ends each message that begins with a `Voice`'s prefix. */
const suffix = '}'.charCodeAt(0);

interface Batch {
  readonly voices: Voice[];
  readonly results: SharedResult[];
  /** Of all frames together. */
  bytes: number;
  /** Why the socket closes behind it; null: it stays open. */
  fault: string | null;
}

/**
 * Writes shared messages to one socket, beside what `ws` writes to it: both only write whole frames. What waits at a time
 * goes out together. While the socket is backed up nothing is taken from the voices, so it is they that wait or lose, and tell.
 */
export class Line implements Outlet, Task {
  readonly #socket: Duplex;
  readonly #turns: Turns;
  readonly #ends: LineEnds;
  /** Voices that may have something to take, each once. */
  readonly #woken: Voice[] = [];
  #draining = false;

  constructor(socket: Duplex, turns: Turns, ends: LineEnds) {
    this.#socket = socket;
    this.#turns = turns;
    this.#ends = ends;
  }

  wake(voice: Voice): void {
    if (voice.woken) return;
    voice.woken = true;
    this.#woken.push(voice);
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

  /** One message of each voice that has any, then the next of each. */
  #gather(): Batch {
    const batch: Batch = { voices: [], results: [], bytes: 0, fault: null };
    while (batch.bytes < batchBytes && batch.fault === null) {
      const voice = this.#woken.shift();
      if (voice === undefined) break;
      const result = voice.take();
      if (result === null) {
        voice.woken = false;
        continue;
      }
      const length = voice.prefix.length + result.payload.length + 1;
      batch.voices.push(voice);
      batch.results.push(result);
      batch.bytes += headerBytes(length) + length;
      batch.fault = result.fault;
      this.#woken.push(voice);
    }
    return batch;
  }

  #write({ voices, results, bytes, fault }: Batch): void {
    if (scratch.length < bytes) scratch = Buffer.allocUnsafeSlow(Math.max(bytes, 2 * batchBytes));
    const buffer = scratch;
    let at = 0;
    for (const [index, { prefix }] of voices.entries()) {
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
    else for (const voice of voices) if (voice.over) this.#ends.ended(voice);
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
