interface ErrorEntry {
  readonly code: number;
  readonly group: 'call' | 'sandbox' | 'policy' | 'model' | 'budget' | 'store';
  readonly isRetryable: boolean;
  readonly meaning: string;
}

const entry = (code: number, group: ErrorEntry['group'], isRetryable: boolean, meaning: string): ErrorEntry => ({ code, group, isRetryable, meaning });

/** Every class of error on the wire, with its numeric code; classes and codes are never reused. Apart from the schemas, for threads that do without zod. */
export const errorClasses = {
  invalid_params: entry(-32602, 'call', false, 'The params do not fit the method; details name the path.'),
  not_initialized: entry(-32002, 'call', true, 'The connection has not sent initialize yet.'),
  unknown_method: entry(-32601, 'call', false, 'There is no such method in this version.'),
  cancelled: entry(-32800, 'call', true, 'The client cancelled the request.'),
  internal: entry(-32603, 'call', true, 'The gateway failed in a way it did not foresee; the log has the cause.'),
  not_found: entry(1001, 'call', false, 'Nothing by that id exists for this principal.'),
  conflict: entry(1002, 'call', false, 'The id was used with other content, or the revision is stale; details carry the present state.'),
  forbidden: entry(1003, 'call', false, 'This principal may not do that.'),
  limit_exceeded: entry(1004, 'call', false, 'A size or count limit of the gateway was exceeded; details name it.'),
  sandbox_unavailable: entry(1101, 'sandbox', true, 'The sandbox is not there; nothing was dispatched.'),
  sandbox_disconnected: entry(1102, 'sandbox', true, 'The sandbox ended while a task ran in it.'),
  sandbox_unsupported: entry(1103, 'sandbox', false, 'This host cannot run the sandbox engine; the hint has the command that mends it.'),
  sandbox_limit: entry(1104, 'sandbox', true, 'The task exceeded memory, processes, time or disk.'),
  worker_failed: entry(1105, 'sandbox', true, 'The worker ended without a final frame; details carry its last log lines.'),
  worker_silent: entry(1106, 'sandbox', true, 'The worker started and accepted no task in time.'),
  policy_invalid: entry(1201, 'policy', false, 'The policy file does not parse; details name file, line and fix.'),
  policy_unenforceable: entry(1202, 'policy', false, 'The engine of this host cannot enforce a rule of the policy.'),
  policy_denied: entry(1203, 'policy', false, 'The policy does not allow it.'),
  model_unreachable: entry(1301, 'model', true, 'No answer at the address of the model server.'),
  model_auth: entry(1302, 'model', false, 'The model server refused the key.'),
  model_not_found: entry(1303, 'model', false, 'The model server does not have the model.'),
  model_rate_limited: entry(1304, 'model', true, 'The model server asked to wait.'),
  model_out_of_credit: entry(1305, 'model', false, 'The account at the provider has no credit.'),
  model_crashed: entry(1306, 'model', true, 'The stream ended before the model was done.'),
  model_error: entry(1307, 'model', true, 'The model server answered with an error of its own.'),
  context_overflow: entry(1308, 'model', false, 'The conversation is longer than the context of the model.'),
  empty_reply: entry(1309, 'model', true, 'The model ended without text, thinking or a tool call.'),
  timeout_first_token: entry(1310, 'model', true, 'No first token within the limit of the route.'),
  timeout_idle: entry(1311, 'model', true, 'No byte within the idle limit of the route.'),
  timeout_total: entry(1312, 'model', true, 'The model call exceeded the total limit of the route.'),
  budget_spent: entry(1401, 'budget', false, 'A budget or iteration limit is spent.'),
  storage_full: entry(1501, 'store', true, 'The disk is full; nothing that was acknowledged is lost.'),
  storage_corrupt: entry(1502, 'store', false, 'The database cannot be read; it was moved aside.'),
  storage_locked: entry(1503, 'store', true, 'Another process holds the database.'),
} as const satisfies Record<string, ErrorEntry>;
