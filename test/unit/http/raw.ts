import { once } from 'node:events';
import { connect } from 'node:net';
import { within } from '../../support/wait.ts';

export interface RawReply {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Writes bytes to a port as they are and reads the first answer: for requests that no decent client sends.
 * @param chunks further pieces, written once the connection stands
 */
export async function raw(port: number, ...chunks: readonly string[]): Promise<RawReply> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  for (const chunk of chunks) socket.write(chunk);
  const whole = async () => {
    while (!isWhole(text) && !socket.readableEnded && !socket.destroyed) {
      await Promise.race([once(socket, 'data'), once(socket, 'close')]);
    }
  };
  await within('raw answer', whole());
  socket.destroy();
  return parse(text);
}

function isWhole(text: string): boolean {
  const [head, body] = text.split('\r\n\r\n', 2);
  if (body === undefined) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(head ?? '')?.[1];
  return length !== undefined && body.length >= Number(length);
}

function parse(text: string): RawReply {
  const [head = '', body = ''] = text.split('\r\n\r\n', 2);
  const [line = '', ...lines] = head.split('\r\n');
  const headers = lines.map((header) => {
    const colon = header.indexOf(':');
    return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()] as const;
  });
  return { status: Number(line.split(' ')[1]), headers: Object.fromEntries(headers), body };
}
