/** How a family of models writes a tool call when its server does not take it out of the text. */
export interface Notation {
  readonly family: string;
  /** What calls begin with. */
  readonly opens: readonly string[];
  /** A call, for the documentation. */
  readonly example: string;
}

/** The notations that are known. */
export const notations: readonly Notation[] = [
  { family: 'Hermes, Qwen, GLM', opens: ['<tool_call>', '<tool_calls>', '<tools>'], example: '<tool_call>{"name": "x", "arguments": {…}}</tool_call>' },
  { family: 'Qwen3-Coder, Seed, Llama 3', opens: ['<function=', '<seed:tool_call>', '<longcat_tool_call>'], example: '<function=x><parameter=key>value</parameter></function>' },
  { family: 'MiniMax, Anthropic', opens: ['<minimax:tool_call>', '<function_calls>', '<invoke name='], example: '<invoke name="x"><parameter name="key">value</parameter></invoke>' },
  { family: 'Mistral', opens: ['[TOOL_CALLS]'], example: '[TOOL_CALLS]x[ARGS]{…}' },
  { family: 'Nemotron', opens: ['<TOOLCALL>'], example: '<TOOLCALL>[{"name": "x", "arguments": {…}}]</TOOLCALL>' },
  { family: 'Phi', opens: ['functools['], example: 'functools[{"name": "x", "arguments": {…}}]' },
  { family: 'Llama', opens: ['<|python_tag|>', '<|start_header_id|>assistant'], example: '<|python_tag|>{"name": "x", "parameters": {…}}' },
  { family: 'DeepSeek', opens: ['<｜tool▁call', '<|tool▁call', '<｜tool_call', '<｜DSML｜'], example: '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>x<｜tool▁sep｜>{…}<｜tool▁call▁end｜>' },
  { family: 'Kimi, Granite, Phi', opens: ['<|tool_call'], example: '<|tool_call_begin|>functions.x:0<|tool_call_argument_begin|>{…}<|tool_call_end|>' },
  { family: 'Command, InternLM', opens: ['<|START_ACTION|>', '<|action_start|>'], example: '<|START_ACTION|>[{"tool_name": "x", "parameters": {…}}]<|END_ACTION|>' },
  { family: 'Llama 4, LFM2', opens: ['<|tool_call_start|>', '<|python_start|>'], example: '[x(key="value")]' },
  { family: 'Apertus', opens: ['<|tools_prefix|>'], example: '<|tools_prefix|>[{"x": {…}}]<|tools_suffix|>' },
  { family: 'gpt-oss', opens: ['<|channel|>', '<|start|>assistant', '<|end|>'], example: '<|channel|>commentary to=functions.x <|constrain|>json<|message|>{…}<|call|>' },
];

/** What calls begin with when they are the whole text: JSON alone, and the words of gpt-oss without their tokens. */
const starts = ['{"name"', '[{"name"', '{"type":"function"', '[{"type":"function"', '{"function"', '[{"function"', '{"tool_name"', '[{"tool_name"', '{"arguments"', '{"parameters"', 'commentaryto=functions.', 'assistantcommentaryto=functions.', 'to=functions.', 'functions.'];

/** What an answer ends with in the templates of models; some servers leave it in the text. */
const endTokens = [
  '<|im_end|>', '<|eot_id|>', '<|eom_id|>', '<|end|>', '<|return|>', '<|endoftext|>', '<|end_of_text|>', '<｜end▁of▁sentence｜>', '<end_of_turn>',
];

const literals = [...notations.flatMap(({ opens }) => opens), ...endTokens];

const escapeSigns = (literal: string): string => literal.replaceAll(/[[\]|()]/g, '\\$&');
const opensAnywhere = new RegExp(literals.map(escapeSigns).join('|'), 'gu');

const beginnings = new RegExp([...new Set(literals.map((literal) => `${escapeSigns(literal.charAt(0))}(?:${escapeSigns(literal.charAt(1))}|$)`))].join('|'));

/** Whether a call, or the end of the answer, may begin somewhere in a text, or at its end: false is sure, and told quickly. */
export const mayOpen = (text: string): boolean => beginnings.test(text);

/** The places at which a call, or the end of the answer, may begin in a text. */
export function* opensIn(text: string): Generator<number> {
  const finder = new RegExp(opensAnywhere);
  for (let found = finder.exec(text); found !== null; found = finder.exec(text)) yield found.index;
}

/** Whether a text begins as a call that is all of it; `isPart`: or may, once more of it has come. */
export function opensAtStart(text: string, isPart = false): boolean {
  const compact = text.slice(0, 200).replaceAll(/\s+/g, '');
  if (/^\[[a-zA-Z_]\w{0,63}\(/.test(compact) || (isPart && /^\[(?:[a-zA-Z_]\w{0,63})?$/.test(compact))) return true;
  return starts.some((start) => compact.startsWith(start) || (isPart && start.startsWith(compact)));
}

/** How many characters at the end of a text may be the beginning of a call. */
export function openLength(text: string): number {
  const longest = Math.min(text.length, maxOpen - 1);
  for (let length = longest; length > 0; length--) {
    if (!firstSigns.has(text[text.length - length])) continue;
    const end = text.slice(-length);
    if (literals.some((literal) => literal.startsWith(end))) return length;
  }
  return 0;
}

const firstSigns: ReadonlySet<string | undefined> = new Set(literals.map((literal) => literal[0]));
/** Tokens of the end are looked for so far back, in UTF-16 units. */
const maxEnding = 200;
const maxOpen = Math.max(...literals.map(({ length }) => length));

const endings = new RegExp(`(?<=\\S)\\s*(?<! )(?:${endTokens.map(escapeSigns).join('|')})+\\s*$`, 'u');

/** Where an answer ends whose server left the tokens of its end behind it; a token behind a blank is a word of a sentence about it. */
export function endOfWords(text: string): number {
  const found = endings.exec(text.slice(-maxEnding));
  return found === null ? text.length : text.length - found[0].length;
}
