// Which changes of the schema break clients, and which versions may bring them.

import { buildSchema, findBreakingChanges, findDangerousChanges, isInputObjectType, isNonNullType } from "graphql";

const told = (changes) => changes.map(({ type, description }) => `${type}: ${description}`);

/**
 * What became of a schema, both as text, in graphql-js's words: `breaking` makes operations of clients invalid or gives what
 * they do not expect; `dangerous` is what clients are told to be prepared for, as a new value of an enum.
 */
export function changes(from, to) {
  const [before, after] = [buildSchema(from), buildSchema(to)];
  const defaults = defaultChanges(before, after);
  return {
    breaking: told([...findBreakingChanges(before, after), ...defaults.filter(({ breaking }) => breaking)]),
    dangerous: told([...findDangerousChanges(before, after), ...defaults.filter(({ breaking }) => !breaking)]),
  };
}

/** What graphql-js does not look at: defaults that input fields lose or change, and defaults that arguments lose. */
function defaultChanges(before, after) {
  const now = new Map(given(after));
  const found = [];
  for (const [place, was] of given(before)) {
    const is = now.get(place);
    // Where the type is another, too, graphql-js has told it.
    if (!is || `${is.type}` !== `${was.type}` || was.defaultValue === undefined) continue;
    const breaking = is.defaultValue === undefined && isNonNullType(is.type);
    const changed = JSON.stringify(is.defaultValue) !== JSON.stringify(was.defaultValue);
    if (breaking) found.push({ breaking, type: "DEFAULT_REMOVED", description: `${place} must be given.` });
    else if (changed && is.isField) found.push({ breaking, type: "DEFAULT_CHANGED", description: `${place} has another default.` });
  }
  return found;
}

/** What clients give: arguments and input fields, by their places. */
function* given(schema) {
  for (const type of Object.values(schema.getTypeMap())) {
    for (const field of Object.values(type.getFields?.() ?? {})) {
      const place = `${type.name}.${field.name}`;
      if (isInputObjectType(type)) yield [place, { ...field, isField: true }];
      else for (const argument of field.args) yield [`${place}(${argument.name})`, argument];
    }
  }
}

/** Whether a version may break what another promised: with a new major number, or before 1.0.0 a new minor one. */
export function mayBreak(from, to) {
  const [[major, minor], [nextMajor, nextMinor]] = [numbers(from), numbers(to)];
  return nextMajor > major || (major === 0 && nextMajor === 0 && nextMinor > minor);
}

/** Orders versions, the oldest first. */
export function byAge(one, other) {
  const [left, right] = [numbers(one), numbers(other)];
  const at = left.findIndex((number, at) => number !== right[at]);
  return at < 0 ? 0 : left[at] - right[at];
}

function numbers(version) {
  const found = /^(\d+)\.(\d+)\.(\d+)$/.exec(version);
  if (!found) throw new Error(`no version: ${version}`);
  return found.slice(1).map(Number);
}
