import { indented, type ReceiverFormat } from './receiver-format.ts';

const get = (name: string): string => `header.Get("${name}")`;

const compared = (expected: string, { signature }: ReceiverFormat): readonly string[] => [
  `expected := ${expected}`,
  `return hmac.Equal([]byte(${get(signature)}), []byte(expected))`,
];

const FRESH = [
  'seconds, err := strconv.ParseInt(timestamp, 10, 64)',
  'if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > 5*time.Minute {',
  '\treturn false',
  '}',
];

const anyOf = (list: string): readonly string[] => [
  `for _, given := range ${list} {`,
  '\tif hmac.Equal([]byte(given), []byte(expected)) {',
  '\t\treturn true',
  '\t}',
  '}',
  'return false',
];

const BODY_SUM = 'sum([]byte(secret), body)';
const HEX = 'hex.EncodeToString';
const BASE64 = 'base64.StdEncoding.EncodeToString';

const CHECKS: Readonly<Record<ReceiverFormat['scheme'], (format: ReceiverFormat) => readonly string[]>> = {
  hex: (format) => compared(`${HEX}(${BODY_SUM})`, format),
  'sha256=hex': (format) => compared(`"sha256=" + ${HEX}(${BODY_SUM})`, format),
  base64: (format) => compared(`${BASE64}(${BODY_SUM})`, format),
  plain: (format) => compared('secret', format),
  slack: (format) => [
    `timestamp := ${get(format.timestamp)}`,
    ...FRESH,
    'signed := append([]byte("v0:"+timestamp+":"), body...)',
    ...compared(`"v0=" + ${HEX}(sum([]byte(secret), signed))`, format),
  ],
  stripe: ({ signature }) => [
    `parts := strings.Split(${get(signature)}, ",")`,
    'timestamp := ""',
    'for _, part := range parts {',
    '\tif after, found := strings.CutPrefix(part, "t="); found {',
    '\t\ttimestamp = after',
    '\t}',
    '}',
    ...FRESH,
    'signed := append([]byte(timestamp+"."), body...)',
    `expected := "v1=" + ${HEX}(sum([]byte(secret), signed))`,
    ...anyOf('parts'),
  ],
  standard: ({ signature, timestamp, id }) => [
    `timestamp := ${get(timestamp)}`,
    ...FRESH,
    'key := []byte(secret)',
    'if after, found := strings.CutPrefix(secret, "whsec_"); found {',
    '\tif key, err = base64.StdEncoding.DecodeString(after); err != nil {',
    '\t\treturn false',
    '\t}',
    '}',
    `signed := append([]byte(${get(id)}+"."+timestamp+"."), body...)`,
    `expected := "v1," + ${BASE64}(sum(key, signed))`,
    '// During a rotation, there is one signature for each secret.',
    ...anyOf(`strings.Fields(${get(signature)})`),
  ],
};

const PACKAGES: Readonly<Record<ReceiverFormat['scheme'], readonly string[]>> = {
  hex: ['crypto/sha256', 'encoding/hex'],
  'sha256=hex': ['crypto/sha256', 'encoding/hex'],
  base64: ['crypto/sha256', 'encoding/base64'],
  plain: [],
  slack: ['crypto/sha256', 'encoding/hex', 'strconv', 'time'],
  stripe: ['crypto/sha256', 'encoding/hex', 'strconv', 'strings', 'time'],
  standard: ['crypto/sha256', 'encoding/base64', 'strconv', 'strings', 'time'],
};

const SUM = `
func sum(key, signed []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(signed)
	return mac.Sum(nil)
}
`;

/** A receiver for Go with its standard library. */
export const goReceiver = (format: ReceiverFormat): string => `package main

import (
${[...PACKAGES[format.scheme], 'crypto/hmac', 'io', 'log', 'net/http', 'os']
  .toSorted()
  .map((name) => `\t"${name}"`)
  .join('\n')}
)
${format.scheme === 'plain' ? '' : SUM}
func isGenuine(header http.Header, body []byte, secret string) bool {
${indented(CHECKS[format.scheme](format), '\t')}
}

func main() {
	secret := os.Getenv("WEBHOOK_SECRET")
	if secret == "" {
		log.Fatal("Set WEBHOOK_SECRET.")
	}
	port := os.Getenv("PORT")
	if port == "" {
		port = "3000"
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil || !isGenuine(r.Header, body, secret) {
			http.Error(w, "Invalid signature", http.StatusUnauthorized)
			return
		}
		w.WriteHeader(http.StatusOK)
		log.Printf("%s", body)
	})
	log.Fatal(http.ListenAndServe(":"+port, nil))
}
`;
