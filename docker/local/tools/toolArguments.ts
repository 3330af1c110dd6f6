/** A parameter of a tool. */
export interface Parameter {
  readonly type: 'string' | 'integer' | 'boolean';
  readonly description: string;
  readonly isRequired?: boolean;
  readonly minimum?: number;
}

/** The parameters of a tool by name. */
export type Parameters = Readonly<Record<string, Parameter>>;

/** Arguments that fit the parameters of their tool. */
export class ToolArguments {
  readonly values: Readonly<Record<string, string | number | boolean>>;

  constructor(values: Readonly<Record<string, string | number | boolean>>) {
    this.values = values;
  }

  /** A text that may be missing. */
  text(name: string): string | undefined {
    const value = this.values[name];
    return typeof value === 'string' ? value : undefined;
  }

  /** A text that the parameters require. */
  requiredText(name: string): string {
    return this.text(name) ?? '';
  }

  integer(name: string): number | undefined {
    const value = this.values[name];
    return typeof value === 'number' ? value : undefined;
  }

  isSet(name: string): boolean {
    return this.values[name] === true;
  }
}

/** The parameters as JSON schema, for the model. */
export function toJsonSchema(parameters: Parameters): Record<string, unknown> {
  const properties = Object.entries(parameters).map(([name, { type, description, minimum }]) => [name, { type, description, ...(minimum === undefined ? {} : { minimum }) }]);
  const required = Object.entries(parameters).flatMap(([name, { isRequired }]) => (isRequired === true ? [name] : []));
  return { type: 'object', properties: Object.fromEntries(properties), required, additionalProperties: false };
}

/** The JSON text of a call's arguments as an object; undefined when it is none. No text at all is a call without arguments. */
export function parseArguments(text: string): Record<string, unknown> | undefined {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Checks arguments against parameters; gives them, or one sentence a fault for the model. Numbers and booleans written as text are understood. */
export function checkArguments(raw: Readonly<Record<string, unknown>>, parameters: Parameters): ToolArguments | string {
  const faults: string[] = [];
  const values: Record<string, string | number | boolean> = {};
  for (const [name, parameter] of Object.entries(parameters)) {
    const value = Object.hasOwn(raw, name) ? raw[name] : undefined;
    if (value === undefined || value === null) {
      if (parameter.isRequired === true) faults.push(`${name} is missing.`);
      continue;
    }
    const read = readValue(value, parameter);
    if (read === undefined) faults.push(`${name} must be ${wordOf(parameter)}, not ${JSON.stringify(value)?.slice(0, 100)}.`);
    else values[name] = read;
  }
  const unknown = Object.keys(raw).filter((name) => !Object.hasOwn(parameters, name));
  if (unknown.length > 0) faults.push(`Unknown: ${unknown.slice(0, 5).join(', ').slice(0, 200)}; the parameters are ${Object.keys(parameters).join(', ')}.`);
  return faults.length === 0 ? new ToolArguments(values) : faults.join(' ');
}

function readValue(value: unknown, { type, minimum }: Parameter): string | number | boolean | undefined {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : undefined;
    case 'boolean':
      return value === true || value === 'true' ? true : value === false || value === 'false' ? false : undefined;
    case 'integer': {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      return typeof number === 'number' && Number.isSafeInteger(number) && number >= (minimum ?? -Infinity) ? number : undefined;
    }
  }
}

function wordOf({ type, minimum }: Parameter): string {
  if (type === 'string') return 'a text';
  if (type === 'boolean') return 'true or false';
  return minimum === undefined ? 'a whole number' : `a whole number from ${minimum} on`;
}
