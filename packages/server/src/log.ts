import { createRequire } from 'node:module';
import { isatty } from 'node:tty';
import { type DestinationStream, pino, stdTimeFunctions } from 'pino';
import type * as PinoPretty from 'pino-pretty';
import type { Log } from './ports/log.ts';

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

const STDERR = 2;

/** Lines for people: time of day, level, message and fields. Its module is loaded only on a terminal. */
const readable = (): DestinationStream => {
  const { build } = createRequire(import.meta.url)('pino-pretty') as typeof PinoPretty;
  return build({ destination: STDERR, sync: true, translateTime: 'SYS:HH:MM:ss', singleLine: true });
};

/**
 * Logs to standard error, which leaves standard output for people and pipes: one JSON line per entry, or a readable line
 * if standard error is a terminal.
 */
export const createLog = (level: LogLevel): Log => {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      // Names, where pino writes its numbers.
      formatters: { level: (label) => ({ level: label }) },
    },
    isatty(STDERR) ? readable() : pino.destination(STDERR),
  );
  return {
    debug: (message, fields = {}) => logger.debug(fields, message),
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
  };
};
