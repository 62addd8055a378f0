import { expect, it } from 'vitest';
import { readArguments } from '../../packages/create-bellwire/src/arguments.ts';
import { scaffoldCommand } from '../../packages/web/src/pages/webhooks/receiver/receiver-code.ts';
import { describeReceivers } from '../support/console-receivers.ts';

await describeReceivers(['node', 'python', 'php']);

it('the command that creates a receiver is one that the scaffolder takes', () => {
  const [, , , ...args] = scaffoldCommand('q2', 'python').split(' ');
  expect(readArguments(args, false)).toMatchObject({
    directory: 'my-receiver',
    template: 'flask',
    dialect: 'q2',
  });
});
