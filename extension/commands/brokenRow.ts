import path from 'node:path';
import * as vscode from 'vscode';
import type { ErrorInfo } from '../../server/protocol/errors.ts';
import { labelText } from '../trees/labelText.ts';
import type { Refused } from './quickSteps.ts';

const MAX_DETAIL = 300;

/** The row of a soul or a policy that cannot be used: it says why, and opens the file at the line that fails. */
export function brokenRow(name: string, { message, hint, details }: ErrorInfo): Refused {
  const file = details?.['file'];
  const line = details?.['line'];
  // A row has little room: the name stands for the path of its file, so that what is wrong comes into sight.
  const reason = typeof file === 'string' ? message.replace(file, name) : message;
  const row = { label: labelText(name, 60), detail: labelText(`${reason} ${hint}`, MAX_DETAIL), iconPath: new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground')) };
  if (typeof file !== 'string' || !path.isAbsolute(file)) return { ...row, description: 'cannot be used' };
  return { ...row, description: 'cannot be used; Enter opens its file', mend: () => openAt(file, typeof line === 'number' ? line : 1) };
}

function openAt(file: string, line: number): Thenable<unknown> {
  const position = new vscode.Position(Math.max(1, line) - 1, 0);
  return vscode.commands.executeCommand('vscode.open', vscode.Uri.file(file), { selection: new vscode.Range(position, position) });
}
