import { GatewayError } from '../domain/errors.ts';

/** What a failed check means. */
export interface Failure {
  /** For whoever runs the gateway: what to do. */
  readonly advice: string;
  /** Whether it may pass by itself soon; otherwise it is tried again with the next regular check. */
  readonly passing: boolean;
  /** Milliseconds to wait at least. */
  readonly retryAfterMs: number;
}

const byHand = 'or register a webhook by hand and set HELPDESK_WEBHOOK_SECRET';

/** Never the error’s own text: that goes beside it. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof GatewayError)) {
    return {
      advice: 'what the gateway keeps of its webhook could not be read or stored: see the error',
      passing: true,
      retryAfterMs: 0,
    };
  }
  const retryAfterMs = error.retryAfterMs ?? 0;
  switch (error.category) {
    case 'AUTH':
      return {
        advice: `the key may not manage webhooks: set HELPDESK_API_KEY to one of level admin, ${byHand}`,
        passing: false,
        retryAfterMs,
      };
    case 'INPUT':
      return {
        advice: `the backend refuses the webhook: PUBLIC_URL must be an https address that it can reach, ${byHand}`,
        passing: false,
        retryAfterMs,
      };
    case 'CONFLICT':
      return {
        advice:
          'the backend has a webhook for this target already that the gateway did not make, and takes no other: delete it, or put its secret into HELPDESK_WEBHOOK_SECRET',
        passing: false,
        retryAfterMs,
      };
    case 'RATE_LIMIT':
      return {
        advice: 'the key’s requests are spent for now: it is tried again',
        passing: true,
        retryAfterMs,
      };
    default:
      return { advice: 'the backend could not be asked: it is tried again', passing: true, retryAfterMs };
  }
}
