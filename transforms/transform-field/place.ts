import { isJsonObject, nearest } from '../../singer/index.ts';
import { simplify } from '../../singer/mapper/index.ts';
import { propertiesOf } from '../engine/shape.ts';
import { allPlaces, ITEMS, type PathStep, type Place } from '../path.ts';
import type { Shape } from '../rule.ts';

export interface PathPlace extends Place {
  /** False where the schema does not say what is below an object or list: any JSON is valid there, before and after. */
  readonly isDeclared: boolean;
}

/** Where a path leads in a shape. `unknown` if the schema says what is there, and this is not. */
export function placeAt(name: string, segments: readonly string[], shape: Shape): PathPlace | 'unknown' {
  let schema = simplify(propertiesOf(shape)[name]!);
  let text = name;
  const steps: PathStep[] = [];
  for (const segment of segments) {
    const { items, properties } = schema;
    if (isJsonObject(items)) {
      if (segment !== '*' && !/^-?\d+$/.test(segment)) return 'unknown';
      steps.push(ITEMS);
      text += '[]';
      schema = simplify(items);
    } else if (isJsonObject(properties) && Object.keys(properties).length > 0 && segment !== '*') {
      const inner = Object.hasOwn(properties, segment) ? properties[segment] : undefined;
      if (!isJsonObject(inner)) return 'unknown';
      steps.push(segment);
      text += `.${segment}`;
      schema = simplify(inner);
    } else return { text: [name, ...segments].join('.'), name, steps: [], schema: {}, isDeclared: false };
  }
  return { text, name, steps, schema, isDeclared: true };
}

/** Says that there is no such path below a field, with the nearest one, or all. */
export function tellUnknownPath(name: string, path: string, shape: Shape, problem: (message: string) => void): void {
  const paths = allPlaces(shape)
    .filter((text) => text.startsWith(`${name}.`) || text.startsWith(`${name}[`))
    .map((text) => text.slice(name.length).replaceAll('[]', '/*').replaceAll('.', '/').slice(1));
  const near = nearest(path, paths);
  const hint = near === undefined ? `its paths are ${paths.join(', ')}` : `did you mean ${near}?`;
  problem(`the schema of ${shape.stream} has no path ${path} below ${name}; ${hint}`);
}
