import { isIPv6 } from 'node:net';

/** Where a connection arrived. */
export interface LocalEnd {
  readonly address: string;
  readonly port: number;
}

/** `host[:port]` (RFC 9112, 3.2; RFC 3986, 3.2.2), no user, no escapes, no blanks. */
const hostPattern = /^(?:\[[\da-f:.]+\]|[\w-][\w.-]*)(?::\d{1,5})?$/i;

let last: { readonly text: string; readonly host: string | null } = { text: '', host: null };

/** Lower case, without a default port; null: not a host. */
export function readHost(text: string): string | null {
  // One after the other, requests name the same.
  if (text !== last.text) last = { text, host: parseHost(text) };
  return last.host;
}

function parseHost(text: string): string | null {
  if (text.length > 300 || !hostPattern.test(text)) return null;
  const host = text.toLowerCase();
  // Also says whether the port is one.
  return URL.canParse(`http://${host}`) ? host.replace(/:(?:80|443)$/, '') : null;
}

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

const bracketed = (address: string) => {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
  return isIPv6(plain) ? `[${plain}]` : plain;
};

const withPort = (name: string, port: number) => (port === 80 || port === 443 ? name : `${name}:${port}`);

/**
 * Tells the gateway's own hosts from others. A page that made its own name point at this machine (DNS rebinding) names
 * that host, so only names that nobody else can claim count: the address that the connection arrived at, loopback, the
 * address that was configured, and those of the listed origins.
 */
export function createOwnHosts(options: { readonly host: string; readonly corsOrigins: readonly string[] }) {
  const listed = new Set(options.corsOrigins.map((origin) => new URL(origin).host));
  const names = [...loopbackNames, bracketed(options.host.toLowerCase())];
  const byPort = new Map<number, ReadonlySet<string>>();

  const ofPort = (port: number) => {
    const known = byPort.get(port);
    if (known) return known;
    const hosts = new Set(names.map((name) => withPort(name, port)));
    byPort.set(port, hosts);
    return hosts;
  };

  /**
   * @param host as `readHost` gave it
   * @param local null where the connection is not known; then names are compared without their ports
   */
  return (host: string, local: LocalEnd | null): boolean => {
    if (listed.has(host)) return true;
    if (local === null) return names.includes(host.replace(/:\d+$/, ''));
    return ofPort(local.port).has(host) || host === withPort(bracketed(local.address), local.port);
  };
}

export type OwnHosts = ReturnType<typeof createOwnHosts>;
