import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSpokenCalls } from '../../../../../server/inference/wire/calls/spokenCalls.ts';
import { createSpokenHolder } from '../../../../../server/inference/wire/calls/spokenHolder.ts';

const known = ['run_command', 'read_file'];
const args = '{"command": "ls -l"}';
const json = `{"name": "run_command", "arguments": ${args}}`;
const llama = `{"name": "run_command", "parameters": ${args}}`;

const notations: readonly [string, string][] = [
  ['Hermes', `<tool_call>\n${json}\n</tool_call>`],
  ['Hermes without its end', `<tool_call>\n${json}`],
  ['Hermes with arguments as text', `<tool_call>{"name": "run_command", "arguments": ${JSON.stringify(args)}}</tool_call>`],
  ['a list in tags', `<tool_calls>[${json}]</tool_calls>`],
  ['Qwen3-Coder', '<tool_call>\n<function=run_command>\n<parameter=command>\nls -l\n</parameter>\n</function>\n</tool_call>'],
  ['Qwen3-Coder without the outer tag', '<function=run_command>\n<parameter=command>\nls -l\n</parameter>\n</function>'],
  ['Llama with a function tag', `<function=run_command>${args}</function>`],
  ['GLM', '<tool_call>run_command\n<arg_key>command</arg_key>\n<arg_value>ls -l</arg_value>\n</tool_call>'],
  ['Mistral', `[TOOL_CALLS][{"name": "run_command", "arguments": ${args}}]`],
  ['newer Mistral', `[TOOL_CALLS]run_command[ARGS]${args}`],
  ['Mistral with an id', `[TOOL_CALLS]run_command[CALL_ID]abc123XYZ[ARGS]${args}</s>`.replace('</s>', '')],
  ['Llama', `<|python_tag|>${llama}`],
  ['Llama with its end', `<|python_tag|>${llama}<|eom_id|>`],
  ['bare JSON', llama],
  ['bare JSON in a list', `[${json}]`],
  ['bare JSON as the wire has it', `{"type": "function", "function": ${json}}`],
  ['DeepSeek', `<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>run_command\n\`\`\`json\n${args}\n\`\`\`<｜tool▁call▁end｜><｜tool▁calls▁end｜>`],
  ['newer DeepSeek', `<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>run_command<｜tool▁sep｜>${args}<｜tool▁call▁end｜><｜tool▁calls▁end｜>`],
  ['DeepSeek in its markup', '<｜DSML｜function_calls>\n<｜DSML｜invoke name="run_command">\n<｜DSML｜parameter name="command" string="true">ls -l</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜function_calls>'],
  ['Kimi', `<|tool_calls_section_begin|><|tool_call_begin|>functions.run_command:0<|tool_call_argument_begin|>${args}<|tool_call_end|><|tool_calls_section_end|>`],
  ['gpt-oss', `<|channel|>commentary to=functions.run_command <|constrain|>json<|message|>${args}<|call|>`],
  ['gpt-oss with its start', `<|start|>assistant<|channel|>commentary to=functions.run_command<|channel|>commentary json<|message|>${args}<|call|>`],
  ['gpt-oss without its tokens', `commentary to=functions.run_command json${args}`],
  ['Python', '[run_command(command="ls -l")]'],
  ['Python with single quotes', "<|tool_call_start|>[run_command(command='ls -l')]<|tool_call_end|>"],
  ['MiniMax', '<minimax:tool_call>\n<invoke name="run_command">\n<parameter name="command">ls -l</parameter>\n</invoke>\n</minimax:tool_call>'],
  ['Granite', `<|tool_call|>[${json}]`],
  ['Granite with its end', `<tool_call>${json}</tool_call><|end_of_text|>`],
  ['Mistral with its end', `[TOOL_CALLS] [${json}]</s>`],
  ['Qwen2.5-Coder', `<tools>\n${json}\n</tools>`],
  ['Llama with its header', `<|start_header_id|>assistant<|end_header_id|>\n\n<|python_tag|>${llama}<|eom_id|>`],
  ['Llama in Python', '<|python_start|>[run_command(command="ls -l")]<|python_end|>'],
  ['Nemotron', `<TOOLCALL>[${json}]</TOOLCALL>`],
  ['Phi', `functools[${json}]`],
  ['LongCat', `<longcat_tool_call>${json}</longcat_tool_call>`],
  ['Apertus', `<|tools_prefix|>[{"run_command": ${args}}]<|tools_suffix|>`],
  ['Step', '<｜tool_calls_begin｜><｜tool_call_begin｜>function<｜tool_sep｜><steptml:invoke name="run_command"><steptml:parameter name="command">ls -l</steptml:parameter></steptml:invoke><｜tool_call_end｜><｜tool_calls_end｜>'],
  ['gpt-oss with the tool beside its role', `<|start|>assistant to=functions.run_command<|channel|>commentary json<|message|>${args}<|call|>`],
  ['Command', `<|START_ACTION|>[{"tool_name": "run_command", "parameters": ${args}}]<|END_ACTION|>`],
];

describe('calls that a server left in the text', () => {
  it.each(notations)('are read in the notation of %s, also behind words', (_family, text) => {
    for (const before of ['', ...(/^(\{|\[\{|\[run|commentary)/.test(text) ? [] : ['I look. ', 'First this:\n\n'])]) {
      const reading = readSpokenCalls(before + text + '\n', known);
      expect(reading).toMatchObject({ kind: 'calls', start: before.length, calls: [{ name: 'run_command' }] });
      if (reading.kind === 'calls') expect([JSON.parse(reading.calls[0]?.args ?? ''), args]).toSatisfy(([value]) => JSON.stringify(typeof value === 'string' ? JSON.parse(value) : value) === '{"command":"ls -l"}');
    }
  });

  it('are read one behind another, with values as they were written', () => {
    const text = '<tool_call>\n<function=read_file>\n<parameter=path>\na <b>.txt\n</parameter>\n<parameter=offset>\n2\n</parameter>\n</function>\n</tool_call>\n<tool_call>{"name":"run_command","arguments":{"command":"echo \\"}{\\""}}</tool_call>';
    expect(readSpokenCalls(text, known)).toMatchObject({ calls: [{ name: 'read_file', args: '{"path":"a <b>.txt","offset":"2"}' }, { name: 'run_command', args: '{"command":"echo \\"}{\\""}' }] });
  });

  it.each([
    ['a code block of JSON behind words', `Use this:\n\`\`\`json\n${json}\n\`\`\``],
    ['a link', '[run_command](a.md) is a tool.'],
    ['a code block', `Qwen writes it so:\n\n\`\`\`\n<tool_call>${json}</tool_call>\n\`\`\``],
    ['a longer code block around a shorter one', `\`\`\`\`md\n\`\`\`\n<tool_call>${json}</tool_call>\n\`\`\`\n\`\`\`\``],
    ['a code block in one of another kind that does not end', `~~~\n\`\`\`\n<tool_call>${json}</tool_call>`],
    ['indented code', `Hermes writes:\n\n    <tool_call>${json}</tool_call>\n`],
    ['a quotation', `He wrote:\n\n> <tool_call>${json}</tool_call>`],
    ['inline code in two backticks', `It is \`\`<tool_call>${json}</tool_call>\`\``],
    ['a tool that is described', `<tools>${'{"type": "function", "function": {"name": "run_command", "description": "Runs.", "parameters": {"type": "object", "properties": {"command": {"type": "string"}}}}}'}</tools>`],
    ['inline code', `It writes \`<tool_call>${json}</tool_call>\``],
    ['quotes', `The tag is "<tool_call>"`],
    ['a mention', 'The <tool_call> tag stands around a call, and run_command is a tool.'],
    ['an answer in JSON', '{"name": "Ada", "parameters": 3}'],
    ['another answer in JSON', '{"name": "run_command"}'],
    ['a list of names', '[{"name": "run_command"}, {"name": "read_file"}]'],
  ])('are no calls in prose about them: %s', (_what, text) => expect(readSpokenCalls(text, known)).toEqual({ kind: 'none' }));

  it.each([
    ['words behind it', `<tool_call>${json}</tool_call>\nIt printed a.txt.`],
    ['no arguments', '<tool_call>{"name": "run_command"}</tool_call>'],
    ['bare JSON that is cut', '{"name": "run_command", "parameters": {"comm'],
    ['JSON that is cut', '<tool_call>{"name": "run_command", "arguments": {"command": "ls'],
    ['a tag that is cut', '<function=run_command>\n<parameter=command>\nls'],
    ['a tool among others that there are not', `<tool_call>${json}</tool_call><tool_call>{"name": "weather", "arguments": {}}</tool_call>`],
    ['words before bare JSON', `I will run it.\n${json}`],
    ['words that name its format', `The format is:\n\n<tool_call>${json}</tool_call>`],
    ['words that say that it is shown', `For example, a model would write: <tool_call>${json}</tool_call>`],
    ['other words that say so', `A call looks like this:\n\n<tool_call>${json}</tool_call>`],
    ['a dictionary of Python', "<tool_call>\n{'name': 'run_command', 'arguments': {'command': 'ls'}}\n</tool_call>"],
    ['a method of Python', '<|python_tag|>run_command.call(command="ls")'],
    ['a form of its own', '<|tool_call>call:run_command{command:<|"|>ls<|"|>}<tool_call|>'],
    ['a block of Python as Gemma writes it', '```tool_code\nrun_command(command="ls")\n```'],
    ['nothing but a code block', `\`\`\`json\n${llama}\n\`\`\``],
  ])('are said to be unclear with %s', (_what, text) => expect(readSpokenCalls(text, known)).toEqual({ kind: 'unclear', tool: 'run_command' }));

  it.each([
    ['in tags', '<tool_call>{"name": "launch", "arguments": {}}</tool_call>', 'launch'],
    ['in a tag of its own', '<function=launch>\n<parameter=a>\nb\n</parameter>\n</function>', 'launch'],
    ['with a name that is none', '<tool_call>{"name": "a \\u001b[31m b", "arguments": {}}</tool_call>', 'a_31m_b'],
  ])('are said to be unclear with a tool that there is not, %s', (_what, text, tool) => {
    expect(readSpokenCalls(text, known)).toEqual({ kind: 'unclear', tool });
  });

  it.each([
    ['an answer in JSON', '{"name": "launch", "arguments": {}}'],
    ['a code block', '```\n<tool_call>{"name": "launch", "arguments": {}}</tool_call>\n```'],
    ['inline code', 'Write `<tool_call>{"name": "launch", "arguments": {}}</tool_call>`.'],
    ['an example', 'For example, Hermes would write: <tool_call>{"name": "launch", "arguments": {}}</tool_call>'],
    ['a sentence that goes on', '<tool_call>{"name": "launch", "arguments": {}}</tool_call> is how Hermes writes it.'],
  ])('are prose with a tool that there is not, in %s', (_what, text) => expect(readSpokenCalls(text, known)).toEqual({ kind: 'none' }));

  it.each([
    ['German', 'Zum Beispiel:'], ['German', 'Ein Aufruf sieht so aus:'], ['German', 'Das Format ist:'], ['French', 'Par exemple :'], ['French', 'Le format est :'],
    ['Spanish', 'Por ejemplo, un modelo escribe:'], ['Spanish', 'El formato es:'], ['Portuguese', 'Por exemplo:'], ['Portuguese', 'O formato é:'],
    ['Italian', 'Ad esempio:'], ['Italian', 'Il formato è:'], ['Chinese', '例如：'], ['Chinese', '调用的格式如下：'], ['Japanese', '例えば、次のようになります：'],
    ['Japanese', '形式は以下の通り：'], ['Russian', 'Например:'], ['Russian', 'Вызов выглядит так:'],
  ])('are shown and not made behind words of %s that say so: %s', (_language, words) => {
    expect(readSpokenCalls(`${words}\n<tool_call>${json}</tool_call>`, known)).toEqual({ kind: 'unclear', tool: 'run_command' });
  });

  it.each(['Ich führe es aus:', 'Je lance la commande :', 'Lo ejecuto ahora:', 'Vou executar:', 'Lo eseguo:', '我来运行：', '実行します：', 'Я запускаю команду:', 'Das Beispiel ist fertig. Weiter:'])(
    'are made behind other words of those languages: %s',
    (words) => expect(readSpokenCalls(`${words}\n<tool_call>${json}</tool_call>`, known)).toMatchObject({ kind: 'calls' }),
  );

  it('begin with what gpt-oss thought before them', () => {
    const text = `Hm.<|channel|>analysis<|message|>I run it.<|end|><|start|>assistant<|channel|>commentary to=functions.run_command <|constrain|>json<|message|>${args}<|call|>`;
    expect(readSpokenCalls(text, known)).toMatchObject({ kind: 'calls', start: 3 });
  });

  it('need no arguments in the notation of GLM', () => {
    expect(readSpokenCalls('<tool_call>run_command\n</tool_call>', known)).toMatchObject({ kind: 'calls', calls: [{ name: 'run_command', args: '{}' }] });
  });

  it('are made although words before them are of the kind that shows one', () => {
    for (const before of ['It looks like this failed. I try again:\n', 'For example, the tests fail.\n\n']) expect(readSpokenCalls(`${before}<tool_call>${json}</tool_call>`, known)).toMatchObject({ kind: 'calls', start: before.length });
  });

  it('are no calls where there are no tools', () => expect(readSpokenCalls(notations[0]![1], [])).toEqual({ kind: 'none' }));

  it('are held back from their beginning on, wherever the text is cut, and all else is given as it comes', () => {
    fc.assert(
      fc.property(fc.constantFrom(...notations), fc.integer({ min: 1, max: 12 }), fc.constantFrom('', 'I look.\n'), ([, text], size, before) => {
        if (before !== '' && /^(\{|\[\{|\[run|commentary)/.test(text)) return;
        const holder = createSpokenHolder();
        const given = (before + text).match(new RegExp(`[^]{1,${size}}`, 'gu'))!.map((piece) => holder.push(piece)).join('');
        expect(given).toBe(before);
      }),
    );
    const holder = createSpokenHolder();
    expect(['Write `<tool_call>` ', 'like this. [1] <b>', ' {"name"', ': 1}'].map((piece) => holder.push(piece)).join('')).toBe('Write `<tool_call>` like this. [1] <b> {"name": 1}');
    const answer = createSpokenHolder();
    expect(['{"na', 'me": 1'].map((piece) => answer.push(piece))).toEqual(['', '']);
    const other = createSpokenHolder();
    expect(['{"', 'city": 1', '}'].map((piece) => other.push(piece)).join('')).toBe('{"city": 1}');
  });

  it('never fail on a text, and take little time for a hostile one', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom('<tool_call>', '</tool_call>', '{', '}', '"', '"name":', 'run_command', '<function=', '<parameter=', '>', '[TOOL_CALLS]', '<|', '|>', '[run_command(', 'a="', ')]', '`', '\n', ' '), { maxLength: 60 }), (pieces) => void readSpokenCalls(pieces.join(''), known)));
    for (const piece of ['<tool_call>{', '<function=run_command><parameter=a>', '[', '`<tool_call>', '<|tool_call', ' json', '```', '<arg_key>', '[a("', '[a(b=1),', '\n{"name"', '<|channel|>analysis<|message|>']) {
      const text = piece.repeat(100_000);
      readSpokenCalls(text, known);
      readSpokenCalls(`<tool_call>${text}`, known);
      createSpokenHolder().push(text);
    }
  });
});
