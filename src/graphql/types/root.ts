import { builder } from '../builder.ts';

builder.queryType({
  description:
    'Everything that can be read. A field that asks the backend is nullable, so that one failed request does not empty its neighbours; a lookup of something that does not exist is null without an error.',
});

builder.mutationType({
  description:
    'Everything that can be written. Fields run one after another. In a patch an absent field stays and null clears.',
});

builder.subscriptionType({ description: 'What happens, as it happens.' });
