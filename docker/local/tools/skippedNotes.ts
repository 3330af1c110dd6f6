/** Why something was not searched, or not as the reader would think. */
export type SkipReason = 'binary' | 'unreadable' | 'folder' | 'link' | 'special' | 'split' | 'returns' | 'encoding';

/** What a search passed over, by why. */
export type SkippedNotes = Map<SkipReason, { count: number; readonly names: string[] }>;

const maxNames = 5;

const words: Readonly<Record<SkipReason, { readonly what: string; readonly remedy: string }>> = {
  binary: { what: 'Binary, not searched', remedy: '' },
  unreadable: { what: 'Could not be read', remedy: '' },
  folder: { what: 'Folders not searched', remedy: '; give one as path to search it' },
  link: { what: 'Symbolic links, not followed', remedy: '' },
  special: { what: 'Pipes, sockets and devices, not read', remedy: '' },
  split: { what: 'Lines of over 4 MiB, searched in pieces', remedy: '' },
  returns: { what: 'Lines that end with carriage returns alone, searched as one line', remedy: "; tr '\\r' '\\n' through run_command parts them" },
  encoding: { what: 'Read', remedy: '' },
};

/** Counts something that was passed over, and keeps the first names. */
export function noteSkipped(notes: SkippedNotes, reason: SkipReason, name: string): void {
  const note = notes.get(reason) ?? { count: 0, names: [] };
  note.count += 1;
  if (note.names.length < maxNames) note.names.push(name.slice(0, 200));
  notes.set(reason, note);
}

/** A line for each reason. */
export function describeSkipped(notes: SkippedNotes): string[] {
  return [...notes].map(([reason, { count, names }]) => {
    const { what, remedy } = words[reason];
    const more = count > names.length ? ` and ${count - names.length} more` : '';
    return `[${what}: ${names.join(', ')}${more}${remedy}.]`;
  });
}
