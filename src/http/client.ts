/**
 * Whose turn a call takes when calls must wait (`Operation.client`). Only a token makes it one to trust, and none is
 * ever logged: the worst a made-up name does is to take a further turn in its own key's queue.
 */
import { isIP } from 'node:net';
import type { Caller } from '../domain/caller.ts';
import type { Credentials } from './caller.ts';

/** The other end of a connection. */
export interface Peer {
  /** null: it has none (a Unix socket) or the host does not tell. */
  readonly address: string | null;
  /** A name for the connection that no other has. */
  readonly connection: string;
}

/** What is known of a client that gives itself no name. @param forwardedFor `X-Forwarded-For` as it came */
export type ClientAddress = (peer: Peer, forwardedFor: string | null) => string;

/** Longer names are not taken for names: they are kept as long as a call waits. */
const namePattern = /^[\x21-\x7e]{1,128}$/;

/**
 * By who it is, where that is known; else by the name it gives itself (`X-Client-Id`), else by where it comes from. Each
 * kind has a prefix of its own, so that no name can pass for another's address.
 * @param address as `ClientAddress` gave it
 * @param caller null: nobody knows
 */
export function clientOf(
  credentials: Credentials,
  address: string,
  caller: Pick<Caller, 'endUser'> | null,
): string {
  if (caller !== null && caller.endUser !== null) return `user:${caller.endUser}`;
  const name = credentials('x-client-id');
  return name !== null && namePattern.test(name) ? `id:${name}` : address;
}

/**
 * The address a client comes from, else its connection.
 * @param proxies how many proxies stand before the gateway, each of which appends to `X-Forwarded-For` the address it
 * was called from. Only their entries are believed: whatever stands to the left of them was written by the client.
 */
export function createClientAddress(proxies: number): ClientAddress {
  return ({ address, connection }, forwardedFor) => {
    let nearest = address === null ? null : readAddress(address);
    const hops = proxies === 0 || forwardedFor === null ? [] : forwardedFor.split(',').slice(-proxies);
    for (const hop of hops.toReversed()) {
      const further = readAddress(hop);
      // A proxy that hides whom it speaks for, or speaks another language: it stands for all its clients.
      if (further === null) break;
      nearest = further;
    }
    return nearest === null ? `connection:${connection}` : `ip:${nearest}`;
  };
}

/** One spelling for each address: without port, brackets, zone, and IPv4 as such. null: not an address. */
function readAddress(text: string): string | null {
  const plain = text
    .trim()
    .replace(/^"|"$/g, '')
    .replace(/^\[([^\]]*)\](?::\d+)?$/, '$1')
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
    .replace(/%.*$/, '')
    .replace(/^::ffff:(?=\d+\.)/i, '');
  const version = isIP(plain);
  if (version === 0) return null;
  return version === 4 ? plain : new URL(`http://[${plain}]`).hostname.slice(1, -1);
}
