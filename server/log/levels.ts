import type { LogLevel } from '../protocol/logs.ts';

const severity: Readonly<Record<LogLevel, number>> = { trace: 0, debug: 1, info: 2, warn: 3, error: 4 };

/** Whether a level is at least as severe as another. */
export const isAtLeast = (level: LogLevel, least: LogLevel): boolean => severity[level] >= severity[least];
