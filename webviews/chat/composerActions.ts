/** What a person can do in the composer. */
export interface ComposerActions {
  type(text: string): void;
  submit(text: string): void;
  stop(): void;
  cancelEdit(): void;
  beginEdit(messageId: string): void;
  removeQueued(messageId: string): void;
  removePending(messageId: string): void;
  sendQueued(): void;
  startSandbox(): void;
  dismissFailure(): void;
  /** Goes to the end of the transcript. */
  toEnd(): void;
  /** Up in an empty box. */
  recall(): void;
  restore(sessionId: string): void;
  run(command: 'restartGateway' | 'checkSandboxes' | 'manageTrust' | 'showLogs'): void;
}
