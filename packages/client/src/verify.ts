export * from '@bellwire/verify';
