import { changeFile, maxReadBytes } from '../files/changeFile.ts';
import type { FoundFile } from '../files/foundFile.ts';
import { maySplit, strangeRun } from '../files/foreignText.ts';
import { describeLineEnds, findPlaces, fitLineEnds, plainEnds, type Place } from '../files/lineEnds.ts';
import { isBinary, judgeBytes, whyNotHeld, type Codec } from '../files/textCodec.ts';
import { describeLineChange } from './lineChange.ts';
import { ToolFailure, type Tool, type ToolContext, type ToolOutcome } from './tool.ts';
import type { ToolArguments } from './toolArguments.ts';

/** Replaces one exact text in a file by another. */
export const editFile: Tool = {
  name: 'edit_file',
  description: 'Replaces text in a file. oldText must stand there exactly once, spaces included; give more lines around it until it does, or set replaceAll. Encoding and line ends of the file are kept.',
  parameters: {
    path: { type: 'string', description: 'Path of the file, relative to the workspace.', isRequired: true },
    oldText: { type: 'string', description: 'The text to replace, exactly as it stands in the file.', isRequired: true },
    newText: { type: 'string', description: 'The text to put in its place; may be empty.', isRequired: true },
    replaceAll: { type: 'boolean', description: 'Replace every place, not one.' },
  },
  isReadOnly: false,
  needsWriting: true,
  title: (args) => args.requiredText('path'),
  run: edit,
};

/** More places are not counted. */
const maxCounted = 1_000;

interface Edit {
  readonly given: string;
  readonly oldText: string;
  readonly newText: string;
  readonly isAll: boolean;
}

interface Edited {
  readonly bytes: Buffer;
  readonly change: string;
  readonly codec: Codec;
}

async function edit(args: ToolArguments, context: ToolContext): Promise<ToolOutcome> {
  const given = args.requiredText('path');
  const wanted: Edit = { given, oldText: args.requiredText('oldText'), newText: args.requiredText('newText'), isAll: args.isSet('replaceAll') };
  if (wanted.oldText === '') throw new ToolFailure('oldText is empty; to write a whole file use write_file.');
  if (wanted.oldText === wanted.newText) throw new ToolFailure('oldText and newText are the same; nothing was changed.');
  const { change, codec } = await changeFile(context, { given, isWhole: false, make: async (before) => applyEdit(before, wanted) });
  const kept = codec.isDoubtful || codec.unitBytes === 2 ? ` Its encoding is ${codec.name}${codec.isLossless ? (codec.isDoubtful ? ', guessed from its bytes' : '') : ', with bytes that are not'}; all other bytes are as they were.` : '';
  return { state: 'done', output: `Edited ${given} (${change} lines).${kept}`, result: change };
}

function applyEdit(before: FoundFile | undefined, wanted: Edit): Edited {
  const { given } = wanted;
  if (before?.bytes === undefined) throw new ToolFailure(`${given} has ${before?.stat.size ?? 0} bytes, more than the ${maxReadBytes} that can be edited; use run_command.`);
  const codec = judgeBytes(before.bytes);
  if (isBinary(codec)) throw new ToolFailure(`${given} is a binary file of ${before.stat.size} bytes (${codec.binary}), which an edit would destroy. Change it with a program for its kind, through run_command.`);
  const old = codec.toRaw(before.bytes);
  const { oldText, newText } = withoutMark(wanted, codec);
  const oldRaw = codec.rawOf(oldText);
  if (oldRaw === undefined || !codec.isLossless && oldText.includes('\uFFFD')) throw new ToolFailure(`oldText cannot stand in ${given}: it holds ${whyNotHeld(oldText, codec)}. Read the file, and copy text that has none of it.`);
  const why = whyNotHeld(newText, codec);
  if (why !== undefined) throw new ToolFailure(`newText holds ${why}. Nothing was changed. Write it in other characters, or first convert the file to UTF-8 with iconv through run_command.`);
  const newRaw = codec.rawOf(newText) ?? '';
  if (codec.isForeign && strangeRun(newRaw, oldRaw) !== undefined) {
    throw new ToolFailure(`The encoding of ${given} is only guessed, and newText holds characters beyond ASCII that do not stand so in oldText: they could become others. Nothing was changed. Keep to ASCII there, or first convert the file to UTF-8 with iconv through run_command.`);
  }
  if (describeLineEnds(old) === 'CR' && `${oldRaw}${newRaw}`.includes('\n')) {
    throw new ToolFailure(`The lines of ${given} end with carriage returns alone (\\r), and these texts have line feeds. Nothing was changed. Change a part of one line at a time, or first convert the file with tr '\\r' '\\n' through run_command.`);
  }
  const fresh = replacePlaces(old, { oldRaw, newRaw, given, isAll: wanted.isAll, isForeign: codec.isForeign });
  if (fresh === old) throw new ToolFailure(`That would leave ${given} as it is: its line ends are kept. Nothing was changed.`);
  return { bytes: codec.toBytes(fresh), change: describeLineChange(old, fresh), codec };
}

/** A mark at the beginning of the file is no part of its text, also for a model that copied it. */
function withoutMark({ oldText, newText }: Edit, { mark }: Codec): { oldText: string; newText: string } {
  if (mark === '' || !oldText.startsWith('\uFEFF') || oldText === '\uFEFF') return { oldText, newText };
  return { oldText: oldText.slice(1), newText: newText.replace(/^\uFEFF/, '') };
}

interface RawEdit {
  readonly oldRaw: string;
  readonly newRaw: string;
  readonly given: string;
  readonly isAll: boolean;
  readonly isForeign: boolean;
}

function replacePlaces(old: string, edit: RawEdit): string {
  const { oldRaw, newRaw, given, isAll } = edit;
  if (isAll && !edit.isForeign && !`${oldRaw}${newRaw}`.includes('\n') && old.includes(oldRaw)) return old.replaceAll(oldRaw, () => newRaw);
  const { places, isOfLineEnds } = placesOf(old, edit);
  if (places.length === 0) throw new ToolFailure(`oldText does not stand in ${given}. Read the file and copy the text exactly.`);
  if (places.length > 1 && !isAll) throw new ToolFailure(`oldText stands ${places.length === maxCounted ? 'at least ' : ''}${places.length} times in ${given}. Give more lines around it, or set replaceAll.`);
  if (edit.isForeign && places.some((place) => maySplit(old, place))) {
    throw new ToolFailure(`The encoding of ${given} is only guessed, and oldText stands where it may be half of a character. Nothing was changed. Give whole lines instead, without replaceAll, or first convert the file to UTF-8 with iconv through run_command.`);
  }
  const pieces: string[] = [];
  let done = 0;
  for (const place of places) {
    pieces.push(old.slice(done, place.start), isOfLineEnds ? newRaw : fitLineEnds(newRaw, old, place));
    done = place.end;
  }
  return pieces.join('') + old.slice(done);
}

/** One place that is exactly so is meant before others that differ in their line ends; in a change of line ends alone they are all of the text. */
function placesOf(old: string, { oldRaw, newRaw, isAll }: RawEdit): { places: Place[]; isOfLineEnds: boolean } {
  const limit = isAll ? Infinity : maxCounted;
  // Half of a line end is none.
  const exact = oldRaw.startsWith('\n') && old.includes('\r') ? [] : findPlaces(old, oldRaw, { isTolerant: false, limit });
  const isOfLineEnds = exact.length > 0 && plainEnds(oldRaw) === plainEnds(newRaw);
  if (isOfLineEnds || !oldRaw.includes('\n') || (!isAll && exact.length === 1)) return { places: exact, isOfLineEnds };
  return { places: findPlaces(old, oldRaw, { isTolerant: true, limit }), isOfLineEnds };
}
