import { anonymous } from '../anonymous.ts';
import { builder } from '../builder.ts';
import { errorCatalog, type ErrorCatalogEntry } from '../errors.ts';

const ErrorCatalogEntryRef = builder.objectRef<ErrorCatalogEntry>('ErrorCatalogEntry').implement({
  description: 'What every error of one code has in common. A backend may send codes that are not listed.',
  fields: (t) => ({
    code: t.exposeString('code', { description: '`extensions.code`: what clients decide and translate by.' }),
    category: t.exposeString('category', {
      description: '`extensions.category`: whose fault it is, roughly, and so what kind of cure it wants.',
    }),
    retryable: t.exposeBoolean('retryable', {
      description: 'Whether sending the same again later may help. The error itself may overrule it.',
    }),
    httpStatus: t.exposeInt('httpStatus', {
      nullable: true,
      description: 'The backend’s HTTP status that goes with it; null for codes of the gateway’s own.',
    }),
    description: t.exposeString('description', { description: 'What happened, and what to do.' }),
  }),
});

builder.queryField('errorCatalog', (t) =>
  t.field({
    type: [ErrorCatalogEntryRef],
    description: 'Every error code that this gateway names. Costs no request and needs no key.',
    extensions: anonymous,
    resolve: () => errorCatalog,
  }),
);
