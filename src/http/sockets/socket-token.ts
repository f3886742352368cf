import { atInstant } from '../../domain/at-instant.ts';
import type { Clock } from '../../domain/clock.ts';
import type { OperationSource } from '../operation.ts';
import { connectionCredentials, type Authenticator, type Credentials, type Identity } from '../caller.ts';

/** A socket, as far as the token counts by which it was let in. */
export interface TokenHolder {
  /** Known from `connection_init` on. */
  source: Pick<OperationSource, 'identity' | 'client'> | null;
  /** Cancels the end of the socket that its token sets; null: none is set. */
  cancelExpiry: (() => void) | null;
  readonly isOpen: () => boolean;
  readonly close: (code: number, reason: string) => void;
}

type Payload = Readonly<Record<string, unknown>> | undefined;

export interface SocketTokens {
  /** From now on the socket lasts as long as this identity. */
  hold(holder: TokenHolder, identity: Identity): void;
  /**
   * A fresh token may come in a ping and takes the place of the old one: the same person's, in the same workspace. What it
   * allows beyond the old one, or not any more, holds for operations that begin afterwards.
   */
  renew(holder: TokenHolder, ping: Payload): Promise<void>;
}

/** Forbidden: whoever it is may not use this socket (GraphQL over WebSocket). Clients do not reconnect on it. */
export const forbidden = 4403;

export function createSocketTokens(authenticate: Authenticator, clock: Clock): SocketTokens {
  const hold: SocketTokens['hold'] = (holder, identity) => {
    holder.cancelExpiry?.();
    const expiresAt = expiryOf(identity);
    holder.cancelExpiry =
      expiresAt === null ? null : atInstant(clock, expiresAt, () => holder.close(forbidden, 'TOKEN_EXPIRED'));
  };

  return {
    hold,
    renew: async (holder, ping) => {
      const held = holder.source?.identity;
      const credentials = connectionCredentials(ping);
      // What does not expire needs nothing fresh, and who has said nothing yet has nothing to renew.
      if (!held?.caller || held.expiresAt === null || !bringToken(credentials)) return;
      const { caller } = held;
      const identity = await authenticate((name) =>
        name === 'x-workspace-id' ? (credentials(name) ?? caller.workspaceId) : credentials(name),
      );
      const { source } = holder;
      if (source === null || !holder.isOpen()) return;
      // The old token is as good as before, for as long as it was.
      if (identity.fault?.code === 'AUTH_UNAVAILABLE') return;
      if (identity.fault) holder.close(forbidden, identity.fault.code);
      else if (identity.caller.scope !== caller.scope || identity.caller.endUser !== caller.endUser)
        holder.close(forbidden, 'A token of somebody else');
      else {
        holder.source = { ...source, identity };
        hold(holder, identity);
      }
    },
  };
}

/** What a ping is answered with. Credentials are not sent back; whoever brought some is told until when they last. */
export function pongPayload(
  { source }: Pick<TokenHolder, 'source'>,
  ping: Payload,
): Readonly<Record<string, unknown>> | undefined {
  if (!bringToken(connectionCredentials(ping))) return ping;
  const expiresAt = source === null ? null : expiryOf(source.identity);
  return { expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString() };
}

const bringToken = (credentials: Credentials): boolean =>
  credentials('authorization') !== null || credentials('x-api-key') !== null;

const expiryOf = (identity: Identity): number | null =>
  identity.caller === null ? null : identity.expiresAt;
