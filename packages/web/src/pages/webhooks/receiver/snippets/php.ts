import { indented, type ReceiverFormat } from './receiver-format.ts';

/** A header as PHP names it. */
const header = (name: string): string => `$_SERVER['HTTP_${name.toUpperCase().replaceAll('-', '_')}'] ?? ''`;

const compared = (expected: string, { signature }: ReceiverFormat): readonly string[] => [
  `$expected = ${expected};`,
  `return hash_equals($expected, ${header(signature)});`,
];

const FRESH = [
  'if (!ctype_digit($timestamp) || abs(time() - (int) $timestamp) > 300) {',
  '    return false;',
  '}',
];

const anyOf = (list: string): readonly string[] => [
  `foreach (${list} as $given) {`,
  '    if (hash_equals($expected, $given)) {',
  '        return true;',
  '    }',
  '}',
  'return false;',
];

const CHECKS: Readonly<Record<ReceiverFormat['scheme'], (format: ReceiverFormat) => readonly string[]>> = {
  hex: (format) => compared("hash_hmac('sha256', $body, $secret)", format),
  'sha256=hex': (format) => compared("'sha256=' . hash_hmac('sha256', $body, $secret)", format),
  base64: (format) => compared("base64_encode(hash_hmac('sha256', $body, $secret, true))", format),
  plain: (format) => compared('$secret', format),
  slack: (format) => [
    `$timestamp = ${header(format.timestamp)};`,
    ...FRESH,
    ...compared(`'v0=' . hash_hmac('sha256', "v0:$timestamp:$body", $secret)`, format),
  ],
  stripe: ({ signature }) => [
    `$parts = explode(',', ${header(signature)});`,
    "$timestamp = '';",
    'foreach ($parts as $part) {',
    "    if (str_starts_with($part, 't=')) {",
    '        $timestamp = substr($part, 2);',
    '    }',
    '}',
    ...FRESH,
    `$expected = 'v1=' . hash_hmac('sha256', "$timestamp.$body", $secret);`,
    ...anyOf('$parts'),
  ],
  standard: ({ signature, timestamp, id }) => [
    `$timestamp = ${header(timestamp)};`,
    ...FRESH,
    `$id = ${header(id)};`,
    "$key = str_starts_with($secret, 'whsec_') ? base64_decode(substr($secret, 6)) : $secret;",
    `$expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));`,
    '// During a rotation, there is one signature for each secret.',
    ...anyOf(`explode(' ', ${header(signature)})`),
  ],
};

/** A receiver for PHP. */
export const phpReceiver = (format: ReceiverFormat): string => `<?php
// php -S 127.0.0.1:3000 receiver.php
$secret = getenv('WEBHOOK_SECRET') ?: throw new RuntimeException('Set WEBHOOK_SECRET.');
$body = file_get_contents('php://input');

function isGenuine(string $body, string $secret): bool
{
${indented(CHECKS[format.scheme](format), '    ')}
}

if (!isGenuine($body, $secret)) {
    http_response_code(401);
    exit('Invalid signature');
}
${format.is_form ? 'parse_str($body, $form);\n' : ''}$event = json_decode(${format.is_form ? "$form['payload']" : '$body'}, true);
error_log(print_r($event, true));
`;
