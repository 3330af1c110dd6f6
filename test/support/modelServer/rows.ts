import { deltaRows } from './rows/deltas.ts';
import { framingRows } from './rows/framing.ts';
import { terminationRows } from './rows/termination.ts';
import { toolCallRows } from './rows/toolCalls.ts';
import type { Row } from './rows/row.ts';

/** Every row of the conformance suite about chat completions; each is a scenario of the model server by its name. */
export const rows: readonly Row[] = [...framingRows, ...terminationRows, ...deltaRows, ...toolCallRows];
