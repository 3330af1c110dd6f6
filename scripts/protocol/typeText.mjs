// JSON Schema as the short text of a type, for people.

/** The text of a shape; `depth` bounds how far objects are written out. */
export function typeText(schema, depth = 2) {
  if (schema.$ref !== undefined) return schema.$ref.split('/').at(-1);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.allOf !== undefined && schema.type === undefined) return narrowedText(schema.allOf, depth);
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) return options.map((option) => typeText(option, depth)).join(' | ');
  if (schema.type === 'array') return listText(schema, depth);
  if (schema.type === 'object') return objectText(schema, depth);
  if (schema.type === 'integer' || schema.type === 'number') return schema.type + boundsText(schema.minimum, schema.maximum);
  if (schema.type === 'string') return schema.format ?? `string${boundsText(schema.minLength, schema.maxLength)}`;
  return schema.type ?? 'any';
}

/** A named shape with bounds of its own. */
function narrowedText([whole, { minLength, maxLength, minimum, maximum }], depth) {
  return typeText(whole, depth) + boundsText(minLength ?? minimum, maxLength ?? maximum);
}

function listText(schema, depth) {
  const item = typeText(schema.items ?? {}, depth);
  return `${/[ |]/.test(item) ? `(${item})` : item}[]`;
}

function objectText(schema, depth) {
  const properties = Object.entries(schema.properties ?? {});
  if (properties.length === 0) return schema.additionalProperties ? 'object' : '{}';
  if (depth === 0) return 'object';
  const required = new Set(schema.required ?? []);
  return `{ ${properties.map(([name, child]) => `${name}${required.has(name) ? '' : '?'}: ${typeText(child, depth - 1)}`).join(', ')} }`;
}

/** Bounds that were chosen; those of every whole number are not. */
function boundsText(least, most) {
  const isChosen = (bound) => bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
  if (!isChosen(least) && !isChosen(most)) return '';
  return ` ${isChosen(least) ? least : ''}..${isChosen(most) ? most : ''}`;
}
