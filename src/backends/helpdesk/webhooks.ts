import type { BackendSession } from '../../domain/backend.ts';
import { endpoints } from './endpoints.ts';
import type { Rest } from './http.ts';
import { nullIfMissing } from './lookups.ts';
import { fromWebhookInput, fromWebhookPatch, toWebhook } from './mapping.ts';
import { pageQuery, toPage } from './pages.ts';
import { answers } from './wire.ts';

export function createWebhooks(rest: Rest): BackendSession['webhooks'] {
  return {
    async list(page) {
      const call = { endpoint: endpoints.listWebhooks, query: pageQuery(page) };
      const answer = await rest.request(call, answers.webhooks);
      return toPage(answer.webhooks.map(toWebhook), answer, page.cursor, (attribute) =>
        rest.mismatch(call, attribute),
      );
    },
    get: (id) =>
      nullIfMissing(
        rest
          .request({ endpoint: endpoints.getWebhook, ids: { id } }, answers.webhook)
          .then(({ webhook }) => toWebhook(webhook)),
      ),
    async create(input) {
      const call = { endpoint: endpoints.createWebhook, body: { webhook: fromWebhookInput(input) } };
      const { webhook } = await rest.request(call, answers.createdWebhook);
      return { webhook: toWebhook(webhook), signingSecret: webhook.signingSecret };
    },
    async update(id, patch) {
      const call = {
        endpoint: endpoints.updateWebhook,
        ids: { id },
        body: { webhook: fromWebhookPatch(patch) },
      };
      const { webhook } = await rest.request(call, answers.webhook);
      return toWebhook(webhook);
    },
    delete: (id) => rest.remove({ endpoint: endpoints.deleteWebhook, ids: { id } }),
  };
}
