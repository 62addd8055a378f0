import { defineDialect } from './define-dialect.ts';

/** What Svix sends: the data as it was given, signed as in Standard Webhooks under Svix's own header names. */
export const svix = defineDialect({
  name: 'svix',
  envelope: ({ event }) => event.data,
  header_names: { id: 'svix-id', timestamp: 'svix-timestamp', signature: 'svix-signature' },
  methods: ['POST'],
  content_types: ['application/json'],
});
