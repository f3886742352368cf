import type { BackendSession } from '../domain/backend.ts';
import { ticketEventTypes } from '../domain/event.ts';
import type { Webhook } from '../domain/webhook.ts';
import { sameTarget } from '../registration/target.ts';
import { findingsOf, type Finding } from './finding.ts';

export interface WebhookCheckOptions {
  /** Acts with the gateway's own key, of level ADMIN. */
  readonly session: Pick<BackendSession, 'webhooks'>;
  readonly pageSize: number;
  /** Where the gateway has the helpdesk send events; null: PUBLIC_URL is not set. */
  readonly targetUrl: string | null;
  /** The path of the receiver, for webhooks that people have registered. */
  readonly receiverPath: string;
  /** Which webhook the store knows the secret of; null: none. */
  readonly knownId: string | null;
  /** Whether HELPDESK_WEBHOOK_SECRET is set. */
  readonly byHand: boolean;
  /** Whether a gateway runs here. */
  readonly running: boolean;
}

const { ok, warn, fail } = findingsOf('webhook');

/** Pages that are read at most. */
const maxPages = 10;

/** Whether the helpdesk tells the gateway of every change. One request, as a rule. */
export async function checkWebhooks(options: WebhookCheckOptions): Promise<readonly Finding[]> {
  const { targetUrl, receiverPath, knownId } = options;
  const listed = await listAll(options);
  const fits = ({ id, targetUrl: target }: Webhook): boolean =>
    targetUrl === null ? pathOf(target) === receiverPath : id === knownId || sameTarget(target, targetUrl);
  const ours = listed.filter(fits);
  if (ours.length === 0) return [missing(options)];
  return [...ours.map((webhook) => judge(webhook, options)), ...several(ours)];
}

async function listAll({ session, pageSize }: WebhookCheckOptions): Promise<Webhook[]> {
  const found: Webhook[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < maxPages; pages += 1) {
    const page: Awaited<ReturnType<BackendSession['webhooks']['list']>> = await session.webhooks.list({
      size: pageSize,
      cursor,
    });
    found.push(...page.items);
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  return found;
}

const pathOf = (target: string): string | null => URL.parse(target)?.pathname.replace(/\/+$/, '') ?? null;

function missing({ targetUrl, byHand, receiverPath, running }: WebhookCheckOptions): Finding {
  if (targetUrl !== null)
    return running
      ? fail(
          `none is registered for ${targetUrl}.`,
          'See the log of the gateway, which should have made one.',
        )
      : warn(`none is registered for ${targetUrl}.`, 'Start the gateway: it makes one.');
  return byHand
    ? fail(
        `none is registered that ends in ${receiverPath}.`,
        'Register one with the helpdesk, or set PUBLIC_URL and let the gateway do it.',
      )
    : warn(
        'none is registered: changes are found by asking, some seconds late, and deletions not at all.',
        'Set PUBLIC_URL to where the helpdesk reaches the gateway.',
      );
}

function judge(webhook: Webhook, options: WebhookCheckOptions): Finding {
  const { targetUrl, knownId, byHand, running } = options;
  const mend = targetUrl !== null && running ? 'The gateway mends it at its next check.' : null;
  const name = `${webhook.id} to ${webhook.targetUrl}`;
  if (targetUrl !== null && !sameTarget(webhook.targetUrl, targetUrl))
    return fail(`${name} is not where PUBLIC_URL says.`, mend ?? 'Start the gateway: it moves it.');
  if (!webhook.active)
    return fail(`${name} is not active.`, mend ?? 'Activate it: the helpdesk sends nothing meanwhile.');
  const lacking = ticketEventTypes.filter((type) => !webhook.events.includes(type));
  if (lacking.length > 0)
    return fail(`${name} lacks ${lacking.join(', ')}.`, mend ?? 'Have it send all events of tickets.');
  if (webhook.id !== knownId && !byHand)
    return warn(
      `${name} signs with a secret that is not known here.`,
      targetUrl === null
        ? 'Put its secret into HELPDESK_WEBHOOK_SECRET.'
        : 'Run this with the DATA_DIR or REDIS_URL of the gateway that made it, or start the gateway: it makes another.',
    );
  return ok(`${name} is active and sends all events.`);
}

const several = (ours: readonly Webhook[]): Finding[] =>
  ours.length < 2
    ? []
    : [
        warn(
          `${ours.length} webhooks have this receiver as their target.`,
          'Delete those that are not used.',
        ),
      ];
