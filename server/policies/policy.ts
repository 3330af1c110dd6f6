/** A policy as parsed and checked: what an agent may touch. Everything that is not named is denied. */
export interface Policy {
  /** The file's name without `.yaml`. */
  readonly name: string;
  /** The file's text, as parsed. */
  readonly text: string;
  /** sha-256 of the text, lower-case hex. */
  readonly hash: string;
  readonly filesystem: {
    /** The agent's home, which is its workspace, may be written. */
    readonly includeWorkdir: boolean;
    /** Absolute paths inside the sandbox. */
    readonly readOnly: readonly string[];
    readonly readWrite: readonly string[];
  };
  readonly landlock: 'best_effort' | 'hard_requirement';
  /** As written, `sandbox` or a numeric id; undefined when the file says nothing. */
  readonly runAsUser: string | undefined;
  readonly runAsGroup: string | undefined;
  /** Names of the network rules in the file; an engine without a network proxy cannot enforce any. */
  readonly networkRules: readonly string[];
  /** Hosts and address ranges that the network rules name, each once. */
  readonly networkHosts: readonly string[];
  readonly networkMiddlewares: readonly string[];
}
