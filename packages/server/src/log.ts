import { pino, stdTimeFunctions } from 'pino';
import type { Log } from './ports/log.ts';

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Logs one JSON line per entry to standard error, which leaves standard output for people and pipes. */
export const createLog = (level: LogLevel): Log => {
  const logger = pino({ level, base: null, timestamp: stdTimeFunctions.isoTime }, pino.destination(2));
  return {
    debug: (message, fields = {}) => logger.debug(fields, message),
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
  };
};
