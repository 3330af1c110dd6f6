/** Words that a language puts before a call that is shown and not made, as the sources of regular expressions. */
export interface ExampleWords {
  readonly language: string;
  readonly words: readonly string[];
  /** Whether words are not set apart by blanks. */
  readonly isUnspaced?: boolean;
}

/** The words by language. */
export const exampleWords: readonly ExampleWords[] = [
  {
    language: 'English',
    words: [
      'for (?:example|instance)', 'e\\.g\\.', '(?:would|could|might) (?:write|emit|send|say|look like|be)', 'looks? like (?:this|so)',
      '(?:format|syntax|notation|schema|template) (?:is|would be)',
    ],
  },
  {
    language: 'German',
    words: ['zum beispiel', 'beispielsweise', 'z\\. ?b\\.', '(?:sieht|sähe|würde) so aus(?:sehen)?', '(?:format|schreibweise|syntax|vorlage|schema) (?:ist|lautet|wäre)'],
  },
  { language: 'French', words: ['par exemple', 'p\\. ?ex\\.', 'ressemble(?:rait)? à ceci', '(?:format|syntaxe|notation|modèle|schéma) (?:est|serait)'] },
  { language: 'Spanish', words: ['por ejemplo', 'p\\. ?ej\\.', 'se (?:ve|vería) así', '(?:formato|sintaxis|notación|plantilla|esquema) (?:es|sería)'] },
  { language: 'Portuguese', words: ['por exemplo', 'p\\. ?ex\\.', '(?:fica|ficaria|seria) assim', '(?:formato|sintaxe|notação|modelo|esquema) (?:é|seria)'] },
  { language: 'Italian', words: ['(?:per|ad) esempio', 'p\\. ?es\\.', '(?:è|sarebbe) così', '(?:formato|sintassi|notazione|modello|schema) (?:è|sarebbe)'] },
  { language: 'Russian', words: ['например', 'к примеру', 'выглядит (?:так|следующим образом)', '(?:формат|синтаксис|шаблон|запись) (?:такой|такая|таков|такова)'] },
  { language: 'Chinese', words: ['例如', '比如', '示例', '举例', '(?:格式|语法|写法|模板)(?:是|为|如下)', '如下所示'], isUnspaced: true },
  { language: 'Japanese', words: ['例えば', 'たとえば', 'の?例(?:は|として)?', '(?:形式|構文|書式|書き方)は', '(?:次|以下)のよう(?:に|な|です)'], isUnspaced: true },
];

const sourceOf = ({ words, isUnspaced = false }: ExampleWords): string =>
  isUnspaced ? words.join('|') : `(?<![\\p{L}\\p{N}_])(?:${words.join('|')})(?![\\p{L}\\p{N}_])`;
/** The words, then no end of a sentence up to the colon in front of the call. */
const example = new RegExp(`(?:${exampleWords.map(sourceOf).join('|')})[^.!?。！？\\n]{0,60}[:：]\\s*$`, 'iu');
/** So much in front of a call is looked at, in UTF-16 units. */
const maxExample = 160;

/** Whether the words before a place say that the call there is shown as an example. */
export function isShownAt(text: string, start: number): boolean {
  return example.test(text.slice(Math.max(0, start - maxExample), start));
}
