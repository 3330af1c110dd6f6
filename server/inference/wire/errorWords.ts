import type { ModelErrorClass } from './modelErrors.ts';

/** What servers say when something is the matter, and what that means. */
export interface ErrorWords {
  readonly cause: string;
  readonly class: ModelErrorClass;
  /** What is looked for in message, type and code, in lower case. */
  readonly words: RegExp;
  /** Words that mean something else in spite of that. */
  readonly except?: RegExp;
  /** The statuses with which it counts; any, and none, when absent. */
  readonly statuses?: readonly (number | undefined)[];
  /** What the server did, behind its name. */
  readonly says: string;
  readonly hint: string;
  readonly retryable?: boolean;
}

const any = (...words: readonly RegExp[]): RegExp => new RegExp(words.map(({ source }) => `(?:${source})`).join('|'));

/** The conversation is too long, in the words of those who serve models. */
const overflow = any(
  /exceed_context_size|context_length_exceeded|context_window_exceeded|string_above_max_length/, // llama.cpp, OpenAI
  /maximum context|max(imum)? (model|sequence|input|prompt) length|context[ _](length|size|window|limit)/, // OpenAI, vLLM, xAI, DeepSeek, LM Studio
  /exceeds? the (available |model.s )?(maximum )?context|context the overflows/, // llama.cpp, Ollama, LM Studio
  /(prompt|input|request|conversation|messages?)( token (count|length))? (is|are|was) too (long|large)|input (token )?length too long/, // Anthropic, Bedrock, Moonshot
  /input token count.{0,40}exceeds|exceeds the maximum number of tokens|too many (input )?tokens/, // Gemini, Cohere
  /exceeded model token limit|prompt token count.{0,40}exceeds|prompt exceeds max|reduce the length of the (messages|prompt|input)/, // Moonshot, Copilot, GLM, Groq
  /too large for model with|range of input length should be|n_keep \(\d+\) >= n_ctx|context shift is disabled/, // Mistral, Qwen, LM Studio, llama.cpp
  /tokens.? \+ .max_new_tokens. must be|inputs. must have less than|input token count is \d+ but model only supports/, // TGI, Together, Vertex
  /input length \(\d+ tokens\) exceeds|is greater than max_seq_len|max_tokens must be at least 1, got -\d/, // SGLang, TabbyAPI, vLLM
  /current length is \d+ while limit is/, // Cerebras
);

const filter = any(
  /content[ _-]?(filter|policy|management policy|moderation|exists risk)|responsible ?ai|responsibleaipolicy/, // OpenAI, Azure, DeepSeek
  /prohibited_content|blocked by (the )?(safety|content|moderation|policy)|safety (system|setting|filter)|flagged (as|by|for)|input was flagged|moderation/, // Gemini, OpenAI, OpenRouter
  /data_inspection_failed|inappropriate content|high risk|new_sensitive|unsafe or sensitive|\u654f\u611f/, // Qwen, Moonshot, MiniMax, GLM
);

const noCredit = any(
  /insufficient_quota|insufficient_user_quota|exceeded_current_quota|exceeded your current quota|quota_exceeded/, // OpenAI, Moonshot
  /insufficient (credit|balance|funds)|credit balance is too low|out of credit|used all available credits|no credits/, // DeepSeek, Anthropic, xAI
  /billing|payment required|arrearage|\u4f59\u989d\u4e0d\u8db3|\u6b20\u8d39/, // OpenAI, Qwen, GLM
);

/** The first row whose words are found decides. */
export const errorWords: readonly ErrorWords[] = [
  {
    cause: 'unexpected_endpoint', class: 'model_error', words: /unexpected endpoint or method/,
    says: 'does not know this address', hint: 'Check the address of the model server, which must end in /v1, and its key.', retryable: false,
  },
  {
    cause: 'wants_back', class: 'model_error', words: /must be (passed|sent|returned) back|missing (a )?.?thought_?signature|(reasoning(_content|_details)?|thinking|signature).{0,40} is (missing|required)/,
    says: 'wants back what came with earlier tool calls', hint: 'Start a new session with this model, or choose another one.', retryable: false,
  },
  {
    cause: 'refuses_member', class: 'model_error',
    words: /(extra inputs? (is|are) not permitted|extra_forbidden|propert(y|ies).{0,120} (is|are) (unsupported|not supported)|(unknown|unrecognized|unexpected|unsupported|invalid) (field|key|keys|parameter|property|name|argument)|additional propert|is not supported with this model)/,
    statuses: [400, 422], says: 'refused the request', hint: 'Look at the log of the model server, or choose another model.', retryable: false,
  },
  { cause: 'rate_limited', class: 'model_rate_limited', words: /resource_exhausted|please (retry|try again) in|per[ -](minute|day|second)/, statuses: [429], says: 'asked to wait', hint: 'Retry in a while.' },
  { cause: 'no_credit', class: 'model_out_of_credit', words: noCredit, says: 'refused for lack of credit', hint: 'Add credit at the provider, or choose another model.' },
  {
    cause: 'content_filter', class: 'model_error', words: filter, except: /context (length|window|size)/,
    says: 'refused the conversation for its content', hint: 'Say it in other words, or choose another model.', retryable: false,
  },
  {
    cause: 'model_load_failed', class: 'model_error', words: /failed to load model|model_load_failed|insufficient system resources/,
    says: 'could not load the model', hint: 'Free memory on the machine of the model server, or choose a smaller model.', retryable: false,
  },
  { cause: 'no_model_loaded', class: 'model_not_found', words: /no models? (is |are )?loaded/, says: 'has no model loaded', hint: 'Load a model in the model server, then retry.' },
  { cause: 'model_loading', class: 'model_error', words: /loading model|model is (currently )?loading/, statuses: [503, undefined], says: 'is still loading the model', hint: 'Retry in a moment.' },
  {
    cause: 'server_crashed', class: 'model_crashed', words: /process has terminated|model has crashed|exit code|signal: (killed|aborted)|sigabrt|cuda error|out of memory/,
    says: 'lost the model while it ran', hint: 'Retry; if it happens again, choose a smaller model or look at the log of the model server.',
  },
  {
    cause: 'tools_unsupported', class: 'model_error', words: /does not support tools|tool.{0,20}not supported|requires --jinja|tool choice requires/,
    says: 'cannot use tools with this model', hint: 'Choose a model that is trained for tools, or take the tools from the agent.', retryable: false,
  },
];

/** Whether a server says that the conversation is longer than it takes. */
export const saysOverflow = (words: string): boolean => overflow.test(words) && !/invalid context/.test(words);
