/** Something in which model servers differ from the wire that they claim to speak, and what is made of it. */
export interface Quirk {
  /** Who does it, among others. */
  readonly servers: string;
  readonly what: string;
  /** How it is told, without asking which server it is. */
  readonly told: string;
  readonly done: string;
  /** The module that does it, or the middle of it. */
  readonly module: string;
}

/** The quirks that are known; docs/protocol shows them. */
export const quirks: readonly Quirk[] = [
  {
    servers: 'DeepSeek, Kimi, GLM, MiniMax', what: 'want the reasoning back with the tool calls that it led to', told: 'The answer with the call brought `reasoning_content`, `reasoning` or `reasoning_details`',
    done: 'Kept with the call; given back to the same server and model, in the turn, on going on and from history', module: 'server/inference/wire/calls/keptMembers.ts',
  },
  {
    servers: 'Gemini', what: 'wants its signature back', told: 'The call brought `extra_content`, or any other member that the wire does not define',
    done: 'As above; a signature that is too long is left out whole', module: 'server/inference/wire/calls/keptMembers.ts',
  },
  {
    servers: 'Groq, Cerebras, Mistral', what: 'refuse reasoning that they sent themselves', told: 'A 4xx whose sentence names a member that was given back, or speaks of extra ones',
    done: 'Asked again without it; not given back to that server and model while the gateway runs', module: 'server/egress/refusedMembers.ts',
  },
  {
    servers: 'DeepSeek, Gemini', what: 'ask for what calls of another model never had', told: 'A 4xx that says what must be passed back or is missing',
    done: 'Asked again with those calls told in words', module: 'docker/local/replay.ts',
  },
  {
    servers: 'Groq, vLLM with gpt-oss', what: 'leave control tokens in the name of a tool', told: 'The name is of no tool, and what is left without tokens and namespaces is',
    done: 'The tool that is meant runs; a name that means none is refused to the model and told with underscores', module: 'server/inference/wire/calls/toolNames.ts',
  },
  {
    servers: 'OpenAI, Mistral', what: 'refuse names, ids or arguments that a model made up, also from history', told: 'Not told: they are never sent',
    done: 'Names of letters, digits, `_` and `-`; each id once; arguments that are a JSON object; no result without its call', module: 'server/inference/wire/calls/sendableCalls.ts',
  },
  {
    servers: 'DeepSeek', what: 'gives two calls one id', told: 'Their indexes, their places in a whole message, or whole arguments before the second',
    done: 'Two calls, with ids of their own', module: 'server/inference/wire/calls/toolSlots.ts',
  },
  {
    servers: 'proxies', what: 'send a call once more at another index', told: 'Its id, name and arguments are those of an earlier one', done: 'One call', module: 'docker/local/modelCall.ts',
  },
  {
    servers: 'Ollama, Gemini', what: 'give all calls the index 0, or none', told: 'Their ids differ, or their arguments are whole', done: 'Calls of their own', module: 'server/inference/wire/calls/toolSlots.ts',
  },
  {
    servers: 'proxies', what: 'give every fragment of a call an id of its own', told: 'A fragment with arguments and no name, at the index of the call', done: 'One call, with the first id', module: 'server/inference/wire/calls/toolSlots.ts',
  },
  {
    servers: 'proxies', what: 'send the name of a tool in pieces, or all of it so far in each', told: 'The pieces are no tools and bring no arguments, and together are one', done: 'One call', module: 'server/inference/wire/calls/splitNames.ts',
  },
  {
    servers: 'vLLM, proxies', what: 'send the whole arguments once more in the last chunk, or all that there is so far in each', told: 'Joined they are no JSON, and the fragments begin the whole', done: 'The whole stands for them', module: 'server/inference/wire/calls/toolArguments.ts',
  },
  {
    servers: 'proxies to Anthropic, vLLM', what: 'send an empty object in front of the arguments, JSON in a JSON string, or a control token behind', told: 'By its form', done: 'Read as what is meant', module: 'server/inference/wire/calls/toolArguments.ts',
  },
  {
    servers: 'llama.cpp, vLLM, LM Studio', what: 'leave a tool call in the text or the thinking', told: 'A notation of the table below ends the answer, and names a tool that there is',
    done: 'Run; in code blocks, inline code and quotes it is prose. Nothing is run, and the answer says so, where it is unclear or cut, names a tool that there is not, or stands so in what a tool or the person gave', module: 'server/inference/wire/calls/spokenCalls.ts',
  },
  {
    servers: 'vLLM, SGLang', what: 'leave in the text a call that they made, or its first tag', told: 'The text ends in the same call, or in tags alone, and a call came', done: 'Not shown, and run once', module: 'docker/local/modelCall.ts',
  },
  {
    servers: 'llama.cpp, LM Studio', what: 'leave the token of the end behind an answer', told: 'A token of a template at the very end, outside of code, without a blank in front', done: 'Not shown', module: 'server/inference/wire/calls/spokenNotations.ts',
  },
  {
    servers: 'proxies', what: 'end an answer for a tool call and send none', told: 'The finish reason, and no call', done: 'The turn says that nothing was run', module: 'docker/local/modelCall.ts',
  },
  {
    servers: 'all, before they fail', what: 'write plain words or a page between the events', told: 'A line that is no field of server-sent events and no JSON', done: 'Where the stream then breaks off, the error says them', module: 'server/inference/wire/eventLines.ts',
  },
  {
    servers: 'llama.cpp, proxies', what: 'write an `error:` field or bare JSON between the events', told: 'A line that is no field of server-sent events', done: 'The answer has failed, with the server\'s sentence', module: 'server/inference/wire/strayLines.ts',
  },
  {
    servers: 'all', what: 'break off in the middle of an answer', told: 'The stream ends without a finish reason, or its connection breaks',
    done: 'Gone on with once by itself, without the text that is said again; a second time the turn says so', module: 'docker/local/agentLoop.ts',
  },
  {
    servers: 'proxies', what: 'write `[DONE]` behind a stream that broke', told: 'No finish reason came', done: 'The answer is cut: only a finish reason, or a whole JSON answer, is an end', module: 'server/inference/wire/chatChunks.ts',
  },
  {
    servers: 'proxies', what: 'give a finish reason of no letters in every chunk, the last included', told: 'It is the last chunk\'s, and `[DONE]` is behind it', done: 'A plain end; without `[DONE]` the answer is cut',
    module: 'server/inference/wire/chatChunks.ts',
  },
  {
    servers: 'all', what: 'reach the limit for one answer in a call', told: 'The finish reason, and that the arguments of the last call are not one whole JSON object',
    done: 'That call is not run, and the model is told to write less at once; the calls that are whole run', module: 'docker/local/agentLoop.ts',
  },
  {
    servers: 'Azure, Gemini', what: 'filter an answer that has calls', told: 'The finish reason, by the table below', done: 'None of them is run, and the turn says so', module: 'docker/local/modelCall.ts',
  },
  {
    servers: 'Gemini, DeepSeek, Azure, Anthropic', what: 'end an answer for another reason than that it is done', told: 'The finish reason, by the table below', done: 'The answer says at its end by what it was cut', module: 'server/inference/wire/finishReason.ts',
  },
  {
    servers: 'Gemini, OpenRouter, FastAPI, LM Studio', what: 'send errors as lists, strings, details, or as JSON within the text of another', told: 'By its form', done: 'The innermost sentence is classified, then shown whole', module: 'server/inference/wire/errorBody.ts',
  },
  {
    servers: 'vLLM, LM Studio, OpenRouter, Ollama', what: 'call reasoning by several names, or send two of them', told: 'By its name', done: 'One of them is shown', module: 'server/inference/wire/deltaReader.ts',
  },
  {
    servers: 'LM Studio, templates of Qwen and DeepSeek', what: 'leave reasoning in tags in the text', told: 'A tag of the table below at the very start or behind other reasoning, and no field for reasoning', done: 'Shown as thinking', module: 'server/inference/wire/thinkSplitter.ts',
  },
  {
    servers: 'templates of Qwen and GLM', what: 'leave reasoning in the middle of the text', told: '`<think>`, `<thinking>` or `<thought>` at the start of a line, closed, outside of code blocks and of calls, and no field for reasoning',
    done: 'Shown as thinking, once it is closed', module: 'server/inference/wire/lateThinking.ts',
  },
  {
    servers: 'LM Studio, portals', what: 'answer 200 with an error or a page', told: 'The first characters of the body', done: 'Classified as what it is', module: 'server/inference/wire/sniffBody.ts',
  },
];
