import { describe, expect, it } from 'vitest';
import { classifyModelError } from '../../../../server/inference/wire/classifyModelError.ts';

/** The server, its status and its sentence. */
const overflows: readonly (readonly [server: string, status: number, sentence: string])[] = [
  ['llama.cpp', 400, 'the request exceeds the available context size, try increasing it'],
  ['llama.cpp', 400, 'request (9000 tokens) exceeds the available context size (4096 tokens), try increasing it'],
  ['llama.cpp', 500, 'context shift is disabled'],
  ['llama-cpp-python', 400, 'Requested tokens (5000) exceed context window of 4096'],
  ['vLLM', 400, "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4000 in the messages, 1000 in the completion). Please reduce the length of the messages or completion."],
  ['vLLM', 400, "You passed 8193 input tokens and requested 1 output tokens. However, the model's context length is only 8192 tokens, resulting in a maximum input length of 8191 tokens."],
  ['vLLM', 400, 'The decoder prompt (length 5000) is longer than the maximum model length of 4096. Make sure that `max_model_len` is no smaller than the number of text tokens.'],
  ['vLLM', 400, 'max_tokens must be at least 1, got -904.'],
  ['vLLM', 400, "Input length (5000) exceeds model's maximum context length (4096)."],
  ['LM Studio', 400, 'Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough.'],
  ['LM Studio', 400, 'The number of tokens to keep from the initial prompt is greater than the context length.'],
  ['LM Studio', 400, 'Cannot truncate prompt with n_keep (4097) >= n_ctx (4096)'],
  ['LM Studio', 400, 'Context size has been exceeded.'],
  ['LM Studio', 400, 'Reached context length of 4096 tokens with this model, but this model does not currently support mid-generation context overflow. Try reloading with a larger context length or shortening the prompt/chat.'],
  ['Ollama', 400, 'the input length exceeds the context length'],
  ['Ollama', 400, 'prompt too long; exceeded max context length by 200 tokens'],
  ['OpenAI', 400, "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens. Please reduce the length of the messages."],
  ['OpenAI', 400, 'Your input exceeds the context window of this model. Please adjust your input and try again.'],
  ['OpenAI', 400, 'Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300000 tokens. Please reduce the length of the messages.'],
  ['Anthropic', 400, 'prompt is too long: 210000 tokens > 200000 maximum'],
  ['Anthropic', 400, 'input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length or `max_tokens` and try again'],
  ['Anthropic', 413, 'Request exceeds the maximum size'],
  ['Gemini', 400, 'The input token count (1050000) exceeds the maximum number of tokens allowed (1048576).'],
  ['Gemini', 400, 'Unable to submit request because the input token count is 40000 but model only supports up to 32767. Reduce the input token count and try again.'],
  ['DeepSeek', 400, "This model's maximum context length is 65536 tokens. However, you requested 70000 tokens (66000 in the messages, 4000 in the completion). Please reduce the length of the messages or completion."],
  ['Mistral', 400, 'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length'],
  ['OpenRouter', 400, "This endpoint's maximum context length is 32768 tokens. However, you requested about 40000 tokens (39000 of text input, 1000 in the output). Please reduce the length of either one, or use the \"middle-out\" transform to compress your prompt automatically."],
  ['Groq', 400, 'Please reduce the length of the messages or completion.'],
  ['Groq', 413, 'Request too large for model `llama-3.1-8b-instant` on tokens per minute (TPM): Limit 6000, Requested 9000, please reduce your message size and try again.'],
  ['Together', 422, 'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000 `inputs` tokens and 512 `max_new_tokens`'],
  ['TGI', 422, 'Input validation error: `inputs` must have less than 4095 tokens. Given: 5000'],
  ['SGLang', 400, "The input (5000 tokens) is longer than the model's context length (4096 tokens)."],
  ['SGLang', 400, "Requested token count exceeds the model's maximum context length of 4096 tokens. You requested a total of 5000 tokens: 4000 tokens from the input messages and 1000 tokens for the completion."],
  ['SGLang', 400, 'Input length (5000 tokens) exceeds the maximum allowed length (4091 tokens). Use a shorter input or enable --allow-auto-truncate.'],
  ['Cohere', 400, 'too many tokens: total number of tokens in this request cannot exceed 4081 tokens'],
  ['Fireworks', 400, 'The prompt is too long: 9000, model maximum context length: 8191'],
  ['Cerebras', 400, 'Please reduce the length of the messages or completion. Current length is 9000 while limit is 8192'],
  ['Bedrock', 400, 'Input is too long for requested model.'],
  ['xAI', 400, "This model's maximum prompt length is 131072 but the request contains 140000 tokens."],
  ['GLM', 400, 'Prompt exceeds max length'],
  ['MiniMax', 400, 'invalid params, context window exceeds limit (2013)'],
  ['Moonshot', 400, 'Invalid request: Your request exceeded model token limit: 131072'],
  ['Qwen', 400, 'Range of input length should be [1, 30720]'],
  ['TabbyAPI', 400, 'Prompt length 5000 is greater than max_seq_len 4096'],
  ['Copilot', 400, 'prompt token count of 130000 exceeds the limit of 128000'],
  ['GitHub Models', 413, 'Request body too large for gpt-4o model. Max size: 8000 tokens.'],
];

const others: readonly (readonly [status: number, sentence: string])[] = [
  [400, 'max_tokens is too large: 100000. This model supports at most 16384 completion tokens, whereas you provided 100000.'],
  [400, "Invalid value for 'temperature': must be less than 2."],
  [429, 'Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Used 29000, Requested 4000. Please try again in 6s.'],
  [400, 'Function name is too long'],
  [400, 'The tool description exceeds the maximum length of 1024'],
  [400, 'max_tokens must be at least 1, got 0.'],
];

describe('a conversation that is too long', () => {
  it.each(overflows)('is told by what %s says with %s: %s', (_server, status, message) => {
    for (const body of [{ error: { message } }, { object: 'error', message, code: status }, { detail: message }, message]) {
      expect(classifyModelError({ status, body: JSON.stringify(body) }).class).toBe('context_overflow');
    }
  });

  it.each(others)('is not what is meant with %s: %s', (status, message) => {
    expect(classifyModelError({ status, body: JSON.stringify({ error: { message } }) }).class).not.toBe('context_overflow');
  });
});
