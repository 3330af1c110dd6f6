import type { ChatStreamEvent } from './chatStreamEvent.ts';
import { asObject, asText } from './jsonFields.ts';

type ToolFragment = Extract<ChatStreamEvent, { kind: 'tool' }>;

interface Slot {
  readonly index: number;
  hasId: boolean;
  hasName: boolean;
}

/** Sorts fragments of tool calls into calls. */
export interface ToolSlots {
  read(fragment: unknown): ToolFragment | undefined;
  readonly count: number;
}

/** More calls in one answer than any model means; further ones are dropped. */
const maxCalls = 256;

/**
 * Makes ToolSlots. A call is known by its id, then by the server's index, then it is the last one: some servers give every call the
 * index 0 or none at all, and some repeat an empty id and name on each fragment.
 */
export function createToolSlots(): ToolSlots {
  const byId = new Map<string, Slot>();
  const byIndex = new Map<number, Slot>();
  let last: Slot | undefined;
  let count = 0;

  function findSlot(id: string | undefined, index: number | undefined, name: string | undefined): Slot | undefined {
    if (id !== undefined) {
      const atIndex = index === undefined ? last : byIndex.get(index);
      return byId.get(id) ?? (atIndex?.hasId === false ? atIndex : undefined);
    }
    if (index !== undefined) return byIndex.get(index);
    return name !== undefined && last?.hasName ? undefined : last;
  }

  function addSlot(): Slot | undefined {
    return count < maxCalls ? { index: count++, hasId: false, hasName: false } : undefined;
  }

  function read(fragment: unknown): ToolFragment | undefined {
    const call = asObject(fragment);
    if (call === undefined) return undefined;
    const named = asObject(call['function']);
    const id = asText(call['id']);
    const name = asText(named?.['name']);
    const index = typeof call['index'] === 'number' ? call['index'] : undefined;
    const slot = findSlot(id, index, name) ?? addSlot();
    if (slot === undefined) return undefined;
    last = slot;
    if (index !== undefined) byIndex.set(index, slot);
    if (id !== undefined) byId.set(id, slot);
    const event: ToolFragment = {
      kind: 'tool',
      index: slot.index,
      ...(id !== undefined && !slot.hasId ? { id } : {}),
      ...(name !== undefined && !slot.hasName ? { name } : {}),
      args: argsText(named?.['arguments']),
    };
    slot.hasId ||= id !== undefined;
    slot.hasName ||= name !== undefined;
    return event;
  }

  return {
    read,
    get count() {
      return count;
    },
  };
}

/** Arguments are a JSON text in fragments; a server that sends the object itself is understood too. */
function argsText(value: unknown): string {
  if (typeof value === 'string') return value;
  return asObject(value) === undefined ? '' : JSON.stringify(value);
}
