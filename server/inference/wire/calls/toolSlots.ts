import type { ChatStreamEvent } from '../chatStreamEvent.ts';
import { asObject, asText, beginningOf, parseJson, type JsonObject } from '../jsonFields.ts';
import { createKeptMembers, keptLengths, knownCallMembers, knownFunctionMembers, type KeptMembers } from './keptMembers.ts';

type ToolFragment = Extract<ChatStreamEvent, { kind: 'tool' }>;

interface Slot {
  readonly index: number;
  /** The index that the server gave it. */
  place: number | undefined;
  id: string | undefined;
  name: string | undefined;
  /** The arguments so far; undefined once they are too long to be compared. */
  args: string | undefined;
  readonly members: KeptMembers;
  readonly functionMembers: KeptMembers;
}

/** A fragment as the server sent it. */
interface Fragment {
  readonly place: number | undefined;
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly args: string;
}

/** Sorts fragments of tool calls into calls. */
export interface ToolSlots {
  /** Reads the list of one chunk; in a whole message (`isWhole`) each entry is a call of its own. */
  read(list: readonly unknown[], isWhole?: boolean): ToolFragment[];
  /** What came with calls beside what the wire defines, by index; calls with nothing are not in it. */
  kept(): ReadonlyMap<number, JsonObject>;
  readonly count: number;
}

/** More calls in one answer than any model means; further ones are dropped. */
const maxCalls = 256;
/** Ids are of a hundred characters; a longer one than this counts as none, and a longer name is cut. */
const maxNameLength = 512;
/** Arguments that are held to tell a repetition from another call, in UTF-16 units over all calls; longer ones are taken as they come. */
const maxHeldArgs = 64 * 1024;
/** Of held arguments so much is read again, in UTF-16 units over one answer; else fragments that name a tool keep the gateway busy for minutes. */
const maxCompared = 4 * 1_048_576;

/**
 * Makes ToolSlots. A fragment belongs to the call of its index and id; an id alone, or an index alone, does where the other is missing, and
 * neither means the last call. So calls that share an id stay apart by their index, and calls that share an index by their id. A call whose
 * arguments are whole is not gone on with: what names a tool and brings whole arguments again is the same said twice, or another call.
 */
export function createToolSlots(isKeeping: boolean): ToolSlots {
  const lengths = isKeeping ? keptLengths : { call: 0, function: 0 };
  const slots: Slot[] = [];
  let heldArgs = 0;
  let compared = 0;

  /** Whether a fragment that names a tool begins a call beside the one found, which has a name and whole arguments already. */
  function isAnother(slot: Slot, { name, args }: Fragment): boolean {
    if (name === undefined || slot.name === undefined || slot.args === undefined) return false;
    const later = name === slot.name ? wholeObject(args) : undefined;
    if (name === slot.name && later === undefined) return false;
    compared += slot.args.length;
    if (compared > maxCompared) return false;
    const earlier = wholeObject(slot.args);
    if (later === undefined) return slot.args.trim() === '' || earlier !== undefined;
    // An empty object is a placeholder in front of the arguments themselves.
    return earlier !== undefined && earlier !== '{}' && later !== earlier;
  }

  function findSlot({ place, id, name, args }: Fragment): Slot | undefined {
    const last = slots.at(-1);
    if (place === undefined && id === undefined) return name !== undefined && last?.name !== undefined && last.id !== undefined ? undefined : last;
    if (place === undefined) return slots.findLast((slot) => slot.id === id) ?? (last?.id === undefined && (last?.name === undefined || name === undefined) ? last : undefined);
    const here = slots.filter((slot) => slot.place === place);
    if (id === undefined) return here.at(-1);
    const own =
      here.findLast((slot) => slot.id === id) ?? here.findLast((slot) => slot.id === undefined) ?? slots.findLast((slot) => slot.place === undefined && slot.id === id);
    // A call begins with its name; some servers make up an id for every fragment.
    return own ?? (name === undefined && args !== '' ? here.findLast((slot) => slot.name !== undefined) : undefined);
  }

  function addSlot(): Slot | undefined {
    if (slots.length >= maxCalls) return undefined;
    const slot: Slot = { index: slots.length, place: undefined, id: undefined, name: undefined, args: '', members: createKeptMembers(knownCallMembers, lengths.call), functionMembers: createKeptMembers(knownFunctionMembers, lengths.function) };
    slots.push(slot);
    return slot;
  }

  function take(slot: Slot, { place, id, name, args }: Fragment): ToolFragment {
    const event: ToolFragment = {
      kind: 'tool',
      index: slot.index,
      ...(id !== undefined && slot.id === undefined ? { id } : {}),
      ...(name !== undefined && slot.name === undefined ? { name } : {}),
      args,
    };
    slot.place ??= place;
    slot.id ??= id;
    slot.name ??= name;
    heldArgs += args.length;
    slot.args = slot.args === undefined || heldArgs > maxHeldArgs ? undefined : slot.args + args;
    return event;
  }

  return {
    read(list, isWhole = false) {
      const touched = new Set<Slot>();
      return list.flatMap((item, at) => {
        const call = asObject(item);
        if (call === undefined) return [];
        const fragment = readFragment(call, isWhole ? at : undefined);
        const found = isWhole ? undefined : findSlot(fragment);
        const isNeighbour = found !== undefined && touched.has(found) && fragment.place === undefined && fragment.name !== undefined;
        const slot = found === undefined || isNeighbour || isAnother(found, fragment) ? addSlot() : found;
        if (slot === undefined) return [];
        touched.add(slot);
        slot.members.take(call);
        slot.functionMembers.take(asObject(call['function']) ?? {});
        return [take(slot, fragment)];
      });
    },
    kept() {
      return new Map(slots.map((slot) => [slot.index, membersOf(slot)] as const).filter(([, members]) => Object.keys(members).length > 0));
    },
    get count() {
      return slots.length;
    },
  };
}

function membersOf({ members, functionMembers }: Slot): JsonObject {
  const inner = functionMembers.members();
  return { ...members.members(), ...(Object.keys(inner).length === 0 ? {} : { function: inner }) };
}

function readFragment(call: JsonObject, place: number | undefined): Fragment {
  const named = asObject(call['function']);
  const index = call['index'];
  const id = asText(call['id']);
  const name = asText(named?.['name']) ?? asText(call['name']);
  return {
    place: place ?? (typeof index === 'string' && index !== '' ? Number(index) : typeof index === 'number' ? index : undefined),
    id: id === undefined || id.length > maxNameLength ? undefined : id,
    name: name === undefined ? undefined : beginningOf(name, maxNameLength),
    args: argsText(named?.['arguments'] ?? call['arguments']),
  };
}

/** The text of a whole object in one spelling; undefined for anything else. */
function wholeObject(text: string): string | undefined {
  const trimmed = text.trim();
  if (!trimmed.startsWith('{') || !trimmed.endsWith('}')) return undefined;
  const value = asObject(parseJson(trimmed));
  return value === undefined ? undefined : JSON.stringify(value);
}

/** Arguments are a JSON text in fragments; a server that sends the object itself is understood too. */
function argsText(value: unknown): string {
  if (typeof value === 'string') return value;
  return asObject(value) === undefined ? '' : JSON.stringify(value);
}
