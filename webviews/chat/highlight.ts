/** How a piece of code is tinted. */
export type CodeTone = 'keyword' | 'string' | 'number' | 'comment' | 'added' | 'removed' | 'plain';

/** A piece of code with its tint. */
export interface CodePiece {
  readonly tone: CodeTone;
  readonly text: string;
}

const maxHighlightChars = 40_000;

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));
const curly = words(
  'abstract as async await break case catch class const continue debugger default defer delete do else enum export extends extern false final finally fn for from func function go goto if impl implements import in infer instanceof interface is keyof let loop match mod move mut namespace new nil null of override package private protected public pub readonly ref return satisfies select static struct super switch this throw throws trait true try type typeof undefined unsafe use var void where while with yield int long float double bool boolean char string number unknown never any',
);
const python = words('and as assert async await break class continue def del elif else except False finally for from global if import in is lambda None nonlocal not or pass raise return self True try while with yield match case print');
const shell = words('if then else elif fi for in do done while until case esac function return export local readonly set unset source echo cd exit sudo');
const sql = words('select from where insert into values update set delete create table index drop alter join left right inner outer on group by order limit offset as and or not null primary key references unique distinct having union all');
const data = words('true false null yes no');

interface Family {
  readonly keywords: ReadonlySet<string>;
  /** Sticky, one alternative per kind: comment, string, number, word, anything else. */
  readonly pattern: RegExp;
  readonly ignoresCase?: boolean;
}

const strings = String.raw`"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?`;
const rest = String.raw`(?<number>\b(?:0[xXbBoO][\da-fA-F_]+|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)\b)|(?<word>[\p{L}_$][\p{L}\p{N}_$]*)|[^\p{L}\p{N}_$"'\x60/#-]+|.`;
const build = (comment: string, string: string): RegExp => new RegExp(`(?<comment>${comment})|(?<string>${string})|${rest}`, 'suy');

const curlyPattern = build(String.raw`//[^\n]*|/\*.*?(?:\*/|$)`, `${strings}|${String.raw`\x60(?:[^\x60\\]|\\.)*\x60?`}`);
const hashPattern = build(String.raw`#[^\n]*`, `${String.raw`"""[\s\S]*?(?:"""|$)`}|${strings}`);
const sqlPattern = build(String.raw`--[^\n]*|/\*.*?(?:\*/|$)`, strings);

const families: readonly (readonly [string, Family])[] = [
  ['js javascript jsx mjs cjs ts typescript tsx java c h cpp c++ cc cs csharp go rust rs swift kotlin kt scala php dart zig json jsonc json5 css scss less', { keywords: curly, pattern: curlyPattern }],
  ['py python py3 ruby rb', { keywords: python, pattern: hashPattern }],
  ['sh bash zsh shell console dockerfile make makefile', { keywords: shell, pattern: hashPattern }],
  ['yaml yml toml ini', { keywords: data, pattern: hashPattern }],
  ['sql', { keywords: sql, pattern: sqlPattern, ignoresCase: true }],
];
const familyOf = new Map(families.flatMap(([names, family]) => names.split(' ').map((name) => [name, family] as const)));

const diffLanguages = words('diff patch udiff');
const maxDiffLines = 20_000;

/** A diff by its lines; what is beyond the bound is plain. */
function diffPieces(lines: readonly string[], code: string): readonly CodePiece[] {
  const pieces: { tone: CodeTone; text: string }[] = [];
  let at = 0;
  const add = (tone: CodeTone, text: string): void => {
    const last = pieces.at(-1);
    if (last?.tone === tone) last.text += text;
    else if (text !== '') pieces.push({ tone, text });
    at += text.length;
  };
  for (const line of lines) add(diffTone(line), line);
  add('plain', code.slice(at));
  return pieces;
}

function diffTone(line: string): CodeTone {
  if (/^(?:@@|diff |index |---(?: |$)|\+\+\+(?: |$))/.test(line)) return 'comment';
  return line.startsWith('+') ? 'added' : line.startsWith('-') ? 'removed' : 'plain';
}

/** Cuts code into tinted pieces by a few families of languages; an unknown language or very long code is one plain piece. */
export function highlight(code: string, language: string): readonly CodePiece[] {
  if (diffLanguages.has(language.toLowerCase())) return diffPieces(code.split(/(?<=\n)/).slice(0, maxDiffLines), code);
  const family = familyOf.get(language.toLowerCase());
  if (family === undefined || code.length > maxHighlightChars) return [{ tone: 'plain', text: code }];
  const pieces: { tone: CodeTone; text: string }[] = [];
  const { pattern } = family;
  pattern.lastIndex = 0;
  for (let match = pattern.exec(code); match !== null && match[0] !== ''; match = pattern.exec(code)) {
    const tone = toneOf(match, family);
    const last = pieces.at(-1);
    if (last?.tone === tone) last.text += match[0];
    else pieces.push({ tone, text: match[0] });
  }
  return pieces;
}

function toneOf(match: RegExpExecArray, family: Family): CodeTone {
  const groups = match.groups ?? {};
  if (groups['comment'] !== undefined) return 'comment';
  if (groups['string'] !== undefined) return 'string';
  if (groups['number'] !== undefined) return 'number';
  const word = groups['word'];
  return word !== undefined && family.keywords.has(family.ignoresCase ? word.toLowerCase() : word) ? 'keyword' : 'plain';
}
