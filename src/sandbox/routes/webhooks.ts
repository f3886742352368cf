import type { Buffer } from 'node:buffer';
import { enclose } from '../encoded.ts';
import { notFound } from '../errors.ts';
import { readListRequest, writeList } from '../lists.ts';
import type { WebhookRow } from '../rows.ts';
import { createSortedIndex } from '../sorted-index.ts';
import { readNewWebhook, readWebhookChange } from '../webhook-bodies.ts';
import { created, noContent, ok } from './route.ts';
import type { Call, Reply, Routes } from './route.ts';

const wrap = (webhook: WebhookRow): Buffer => enclose('{"webhook":', [webhook], '}');

/** Throws NOT_FOUND. */
function webhookOf({ workspace, id }: Call): WebhookRow {
  const webhook = workspace.webhooks.get(id);
  if (!webhook) throw notFound('Webhook');
  return webhook;
}

function list({ workspace, settings, query, url }: Call): Reply {
  const order = 'webhooks';
  const { size, after } = readListRequest(query, settings.lists, order);
  const index = createSortedIndex<WebhookRow>({ keyOf: ({ createdAt }) => createdAt, idOf: ({ id }) => id });
  index.load(workspace.webhooks.all());
  const page = index.page({ after, size, descending: false });
  return ok(writeList({ name: 'webhooks', url, query, order, size, page }, settings.lists));
}

export const webhooks: Routes = {
  GET: { level: 'admin', answer: list },
  POST: {
    level: 'admin',
    answer: ({ workspace, settings, body }) => {
      const webhook = workspace.webhooks.create(readNewWebhook(body(), settings.httpTargets));
      const [signingSecret] = workspace.webhooks.secretsOf(webhook.id);
      return created(JSON.stringify({ webhook: { ...webhook, signingSecret } }));
    },
  },
};

export const webhook: Routes = {
  GET: { level: 'admin', answer: (call) => ok(wrap(webhookOf(call))) },
  PUT: {
    level: 'admin',
    answer: (call) => {
      const current = webhookOf(call);
      const values = readWebhookChange(call.body(), call.settings.httpTargets);
      return ok(wrap(call.workspace.webhooks.update(current, values)));
    },
  },
  DELETE: {
    level: 'admin',
    answer: (call) => {
      call.workspace.webhooks.delete(webhookOf(call));
      return noContent;
    },
  },
};
