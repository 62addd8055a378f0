import { describeReceivers } from '../support/console-receivers.ts';

// The first build compiles the standard library.
await describeReceivers(['go']);
