import { withoutEnd } from './withoutEnd.ts';

/** A piece of terminal output with the classes of its colours and weights. */
export interface AnsiPiece {
  readonly classes: string;
  readonly text: string;
}

const names = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];
/** Control sequences: colours are read, every other is dropped; a lone escape too. */
const sequence = new RegExp(String.raw`\u001b(?:\[([0-9;:]*)([@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])|[\u001b\u009b]`, 'g');

/** Beyond so many pieces the rest is one plain piece: each is an element of the page. */
const maxPieces = 2_000;

interface Style {
  foreground: string;
  background: string;
  isBold: boolean;
  isDim: boolean;
  isItalic: boolean;
  isUnderlined: boolean;
}

/** Cuts terminal output into pieces by its colours: the sixteen named ones; finer ones fall back to plain text. Carriage returns overwrite their line. */
export function ansiPieces(output: string): readonly AnsiPiece[] {
  const text = withoutOverwritten(output);
  const style: Style = plainStyle();
  const pieces: AnsiPiece[] = [];
  let from = 0;
  for (const match of text.matchAll(sequence)) {
    if (pieces.length >= maxPieces) break;
    if (match.index > from) pieces.push({ classes: classesOf(style), text: text.slice(from, match.index) });
    from = match.index + match[0].length;
    if (match[2] === 'm') applyCodes(style, match[1] ?? '');
  }
  if (from < text.length) pieces.push({ classes: classesOf(style), text: text.slice(from).replace(sequence, '') });
  return pieces;
}

/** Text without its control sequences. */
export function withoutAnsi(output: string): string {
  return withoutOverwritten(output).replace(sequence, '');
}

/** Line by line and without patterns: on hostile output a pattern takes time in the square of its length. */
function withoutOverwritten(output: string): string {
  return output.split('\n').map(lastWritten).join('\n');
}

/** What stands in a line after its last return of the carriage; returns at its end overwrite nothing. */
function lastWritten(line: string): string {
  const written = withoutEnd(line, '\r');
  return written.slice(written.lastIndexOf('\r') + 1);
}

function plainStyle(): Style {
  return { foreground: '', background: '', isBold: false, isDim: false, isItalic: false, isUnderlined: false };
}

function applyCodes(style: Style, parameters: string): void {
  const codes = parameters.split(/[;:]/).map(Number);
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index] ?? 0;
    if (code === 38 || code === 48) {
      const skipped = codes[index + 1] === 5 ? 2 : 4;
      const fine = codes[index + 1] === 5 ? (codes[index + 2] ?? 0) : -1;
      if (fine >= 0 && fine < 16) style[code === 38 ? 'foreground' : 'background'] = colourName(fine % 8, fine >= 8);
      index += skipped;
    } else applyCode(style, code);
  }
}

function applyCode(style: Style, code: number): void {
  if (code === 0) Object.assign(style, plainStyle());
  else if (code === 1) style.isBold = true;
  else if (code === 2) style.isDim = true;
  else if (code === 3) style.isItalic = true;
  else if (code === 4) style.isUnderlined = true;
  else if (code === 22) Object.assign(style, { isBold: false, isDim: false });
  else if (code === 23) style.isItalic = false;
  else if (code === 24) style.isUnderlined = false;
  else if (code === 39) style.foreground = '';
  else if (code === 49) style.background = '';
  else if (code >= 30 && code <= 37) style.foreground = colourName(code - 30, false);
  else if (code >= 90 && code <= 97) style.foreground = colourName(code - 90, true);
  else if (code >= 40 && code <= 47) style.background = colourName(code - 40, false);
  else if (code >= 100 && code <= 107) style.background = colourName(code - 100, true);
}

function colourName(index: number, isBright: boolean): string {
  return `${isBright ? 'bright-' : ''}${names[index] ?? 'white'}`;
}

function classesOf(style: Style): string {
  const classes = [
    style.foreground === '' ? '' : `ansi-${style.foreground}`,
    style.background === '' ? '' : `ansi-on-${style.background}`,
    style.isBold ? 'ansi-bold' : '',
    style.isDim ? 'ansi-dim' : '',
    style.isItalic ? 'ansi-italic' : '',
    style.isUnderlined ? 'ansi-underlined' : '',
  ];
  return classes.filter((name) => name !== '').join(' ');
}
