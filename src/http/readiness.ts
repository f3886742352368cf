import { answerJson, type Answer } from './answers.ts';

/** What `/readyz` says. Only `status` decides; the rest is as it was seen last. */
export interface Readiness {
  readonly status: 'starting' | 'ready' | 'log-fails' | 'draining';
  readonly backend: { readonly circuit: 'CLOSED' | 'OPEN' | 'HALF_OPEN'; readonly since: string };
  readonly eventLog: {
    readonly appends: 'UNTRIED' | 'TAKEN' | 'FAILED';
    readonly since: string;
    readonly shared: boolean;
  };
  /** null: there is none. */
  readonly redis: { readonly reached: boolean } | null;
}

export const answerReadiness = (readiness: Readiness): Answer =>
  answerJson(readiness.status === 'ready' ? 200 : 503, readiness);
