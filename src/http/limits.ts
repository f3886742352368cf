/** Times and sizes; tests shorten them. */
export interface GatewayLimits {
  /** Milliseconds an operation may take. @default 10_000 */
  readonly deadlineMs: number;
  /** Bytes of a request's body. @default 1_048_576 */
  readonly maxBodyBytes: number;
  /** Bytes of one message on a socket. @default 262_144 */
  readonly maxMessageBytes: number;
  /** Sockets of the process; more are refused. @default 20_000 */
  readonly maxSockets: number;
  /** Operations at a time on one socket. @default 1000 */
  readonly maxOperationsPerSocket: number;
  /** Milliseconds until a socket must have said `connection_init`. @default 3000 */
  readonly socketInitMs: number;
  /** Milliseconds between two pings on a socket; one from which nothing came by the next is cut. @default 12_000 */
  readonly socketPingMs: number;
  /** Milliseconds over which sockets are closed when the gateway goes, so that not all come back at once. @default 5000 */
  readonly socketDrainMs: number;
  /** Milliseconds that queries and mutations on sockets get when the gateway goes. @default 11_000, more than they may take */
  readonly socketAnswersMs: number;
  /** Milliseconds between two signs of life on a silent event stream. @default 12_000 */
  readonly heartbeatMs: number;
  /** Milliseconds to keep a delivered event, before its sender is asked to come again. @default 5000 */
  readonly intakeMs: number;
  /** Milliseconds after which a delivery is refused, whatever is wrong with it. @default 50 */
  readonly refusalMs: number;
}

export const defaultLimits: GatewayLimits = {
  deadlineMs: 10_000,
  maxBodyBytes: 1_048_576,
  maxMessageBytes: 262_144,
  maxSockets: 20_000,
  maxOperationsPerSocket: 1000,
  socketInitMs: 3000,
  socketPingMs: 12_000,
  socketDrainMs: 5000,
  socketAnswersMs: 11_000,
  heartbeatMs: 12_000,
  intakeMs: 5000,
  refusalMs: 50,
};
