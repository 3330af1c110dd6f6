/** Exit codes of the server program. */
export const exitCodes = {
  ok: 0,
  /** It failed, and said why on stderr (with --ensure: on stdout). */
  failed: 1,
  /** The arguments make no sense. */
  usage: 2,
  /** Another gateway has the state directory. */
  lockHeld: 75,
} as const;
