import { pino, stdTimeFunctions } from 'pino';
import type { Log } from './ports/log.ts';

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** One JSON line an entry, on standard error: standard output stays free for what a person or a pipe reads. */
export const createLog = (level: LogLevel): Log => {
  const logger = pino({ level, base: null, timestamp: stdTimeFunctions.isoTime }, pino.destination(2));
  return {
    debug: (message, fields = {}) => logger.debug(fields, message),
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
  };
};
