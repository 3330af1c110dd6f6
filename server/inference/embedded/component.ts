import fs from 'node:fs';
import path from 'node:path';
import { asObject, asText, parseJson } from '../wire/jsonFields.ts';

/** The embedded model as installed: its runtime and its weights in one folder. */
export interface Component {
  readonly folder: string;
  /** Absolute path of the weights. */
  readonly weights: string;
  readonly sha256: string;
  /** A name for people, such as `SmolLM2 135M`. */
  readonly name: string;
}

/** Reads what is installed in `folder`; undefined when nothing whole is. */
export function readComponent(folder: string): Component | undefined {
  const facts = asObject(parseJson(readText(path.join(folder, 'component.json'))));
  const weights = asText(facts?.['weights']);
  const sha256 = asText(facts?.['sha256']);
  if (weights === undefined || sha256 === undefined || path.isAbsolute(weights) || weights.split(/[\\/]/).includes('..')) return undefined;
  const file = path.join(folder, weights);
  return fs.existsSync(file) ? { folder, weights: file, sha256, name: modelName(file) } : undefined;
}

/** The model's name out of a file name such as `SmolLM2-135M-Instruct.Q4_1.gguf`. */
function modelName(file: string): string {
  const words = path.basename(file, '.gguf').split('.')[0] ?? '';
  return words.replace(/-instruct$/i, '').replaceAll('-', ' ');
}

function readText(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
