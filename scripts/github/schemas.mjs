// @ts-check
// taps/github/schemas/schemas.ts from the slice of GitHub's OpenAPI description, and the slice as JSON Schema for the tests.
import { readFileSync } from 'node:fs';
import { SLICE } from './slice.mjs';

/** @typedef {import('./slice.mjs').Node} Node */
/** @typedef {import('./slice.mjs').Slice} Slice */
/** @typedef {{ [name: string]: Node }} Schema */

export const SCHEMAS_FILE = 'taps/github/schemas/schemas.ts';

/** The schemas that the tap announces, by their name in the code, and what they are called in the description. */
const ANNOUNCED = {
  release: 'release',
  releaseAsset: 'release-asset',
  tag: 'tag',
  repository: 'full-repository',
  issue: 'issue',
  issueComment: 'issue-comment',
  pullRequest: 'pull-request-simple',
  review: 'pull-request-review',
  commit: 'commit',
  workflowRun: 'workflow-run',
  stargazer: 'stargazer',
};

/** Objects below this depth are announced without their members: an organisation's repository within one within one has no end. */
const DEEPEST = 4;

/** @returns {Slice} */
export const readSlice = () => JSON.parse(readFileSync(SLICE, 'utf8'));

/** The text of schemas.ts. */
export function schemasText() {
  const slice = readSlice();
  const entries = Object.entries(ANNOUNCED).map(([name, component]) => {
    const { properties } = announced(slice, { $ref: `#/components/schemas/${component}` }, 0);
    return `  ${name}: ${JSON.stringify(properties)},\n`;
  });
  return [
    '// Written by `npm run generate` from openapi.json, a slice of GitHub’s OpenAPI description; see README.md.\n',
    "import type { JsonSchema } from '../../../singer/tap/index.ts';\n\n",
    '/** The properties of each kind of record, as the API gives them. All may be null. */\n',
    'export const properties = {\n',
    ...entries,
    '} satisfies Record<string, Record<string, JsonSchema>>;\n',
  ].join('');
}

/**
 * A schema that takes whatever GitHub may send for this one: types and members are kept, null is allowed, nothing is required, values
 * are not listed.
 * @param {Slice} slice @param {Node} node @param {number} depth @returns {Schema}
 */
function announced(slice, node, depth) {
  const schema = resolved(slice, node);
  const choices = /** @type {Node[] | undefined} */ (schema['oneOf'] ?? schema['anyOf']);
  if (choices !== undefined) return union(choices.map((choice) => announced(slice, choice, depth)));
  const { type, format, items, properties } = schema;
  if (type === 'object' || properties !== undefined) {
    const members = depth < DEEPEST && properties !== undefined ? Object.entries(asSchema(properties)) : [];
    if (members.length === 0) return { type: ['null', 'object'] };
    return {
      type: ['null', 'object'],
      properties: Object.fromEntries(members.map(([name, member]) => [name, announced(slice, member, depth + 1)])),
    };
  }
  if (type === 'array') return { type: ['null', 'array'], items: announced(slice, items ?? {}, depth + 1) };
  if (typeof type !== 'string') return {};
  return { type: ['null', type], ...(format === 'date-time' ? { format } : {}) };
}

/** One schema for values of several kinds. @param {Schema[]} choices @returns {Schema} */
function union(choices) {
  const texts = new Set(choices.map((choice) => JSON.stringify(choice)));
  const [only] = choices;
  if (only !== undefined && texts.size === 1) return only;
  const objects = choices.filter(({ properties }) => properties !== undefined);
  const types = new Set(choices.flatMap(({ type }) => /** @type {string[]} */ (type ?? [])));
  // A format holds for texts only, so it may stay where all texts have it.
  const formats = new Set(
    choices.filter(({ type }) => /** @type {string[]} */ (type)?.includes('string')).map(({ format }) => format),
  );
  const [format] = formats;
  return {
    ...(types.size > 0 && choices.every(({ type }) => type !== undefined) ? { type: [...types] } : {}),
    ...(formats.size === 1 && format !== undefined ? { format } : {}),
    ...(objects.length > 0 ? { properties: Object.assign({}, ...objects.map(({ properties }) => properties)) } : {}),
  };
}

/** A schema without references: of itself and of the parts of `allOf`. @param {Slice} slice @param {Node} node @returns {Schema} */
function resolved(slice, node) {
  const schema = asSchema(node);
  const { $ref, allOf } = schema;
  if (typeof $ref === 'string') return resolved(slice, slice.schemas[$ref.replace('#/components/schemas/', '')] ?? {});
  if (!Array.isArray(allOf)) return schema;
  const parts = allOf.map((part) => resolved(slice, part));
  const properties = Object.assign({}, ...parts.map((part) => part['properties'] ?? {}));
  return { ...Object.assign({}, ...parts), ...(Object.keys(properties).length > 0 ? { properties } : {}) };
}

/** @param {Node} node @returns {Schema} */
function asSchema(node) {
  if (typeof node !== 'object' || node === null || Array.isArray(node)) throw new Error('A schema must be an object');
  return node;
}

/**
 * The slice in the words of JSON Schema, one document: `definitions` by name, and `operations` among them. What OpenAPI 3.0 says
 * otherwise (`nullable`, references) is said anew; nothing is loosened.
 * @returns {{ $id: string, definitions: Record<string, Node>, operations: Record<string, Node> }}
 */
export function sliceAsJsonSchema() {
  const slice = readSlice();
  return {
    $id: 'github',
    definitions: mapValues(slice.schemas, published),
    operations: mapValues(slice.operations, published),
  };
}

/** @param {Node} node @returns {Node} */
function published(node) {
  if (Array.isArray(node)) return node.map(published);
  if (typeof node !== 'object' || node === null) return node;
  const { nullable, ...rest } = node;
  const schema = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [
      key,
      key === 'properties'
        ? mapValues(asSchema(value), published)
        : key === '$ref' && typeof value === 'string'
          ? value.replace('#/components/schemas/', 'github#/definitions/')
          : published(value),
    ]),
  );
  // A schema whose field is called `nullable` has it in `properties`, which is not looked at here.
  return nullable === true ? { anyOf: [{ type: 'null' }, schema] } : schema;
}

/** @param {{ [name: string]: Node }} values @param {(value: Node) => Node} change */
const mapValues = (values, change) => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
