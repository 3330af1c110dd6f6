const MAX_CHARACTERS = 40;
/** Control characters, and those that change the direction or hide: they could make a label say something else. */
const UNSEEN = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/gu;

/** Text for one line of the workbench: unseen characters become one space, and what is over 40 characters is cut. */
export function labelText(text: string, maxCharacters = MAX_CHARACTERS): string {
  const characters = [...text.replace(UNSEEN, ' ').replace(/\s+/g, ' ').trim()];
  if (characters.length <= maxCharacters) return characters.join('');
  return `${characters.slice(0, maxCharacters - 1).join('').trimEnd()}…`;
}

/** A title as the name of a file, whatever it holds. */
export function fileName(title: string): string {
  return labelText(title, 80).replace(/[\\/:*?"<>|]/g, '_') || 'text';
}

/**
 * Text in which the workbench finds no link: a toast or an input box makes `[label](command:id)` one that runs the command, with whatever
 * arguments it names, and files of agents and answers of model servers are called as their writers like.
 */
export function withoutLinks(text: string): string {
  return text.replaceAll('](', '] (');
}

/** Text as Markdown that shows just that text; unlike VS Code's own escaping it keeps the spaces, so that lines break between words. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!|~$]/g, '\\$&').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
