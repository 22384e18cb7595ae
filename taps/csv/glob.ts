/** True if the text holds a character with a meaning in patterns. */
export function hasMagic(text: string): boolean {
  return /[*?[{]/.test(text);
}

/** Every text that the braces of a pattern stand for: `a.{csv,tsv}` gives `a.csv` and `a.tsv`. Braces may be nested. */
export function expandBraces(pattern: string): string[] {
  const open = pattern.indexOf('{');
  if (open < 0) return [pattern];
  const parts: string[] = [];
  let depth = 0;
  let from = open + 1;
  for (let at = open; at < pattern.length; at++) {
    const sign = pattern[at];
    if (sign === '{') depth++;
    else if (sign === ',' && depth === 1) {
      parts.push(pattern.slice(from, at));
      from = at + 1;
    } else if (sign === '}' && --depth === 0) {
      parts.push(pattern.slice(from, at));
      const before = pattern.slice(0, open);
      const rest = expandBraces(pattern.slice(at + 1));
      // Braces around one text are no choice; they stand for themselves.
      if (parts.length === 1) return rest.map((after) => `${before}{${parts[0]}}${after}`);
      return parts.flatMap((part) => expandBraces(part).flatMap((middle) => rest.map((after) => before + middle + after)));
    }
  }
  return [pattern];
}

/** A test for one path segment: `*`, `?` and `[...]`. Names that begin with a dot match only a pattern that does. */
export function segmentMatcher(pattern: string): (name: string) => boolean {
  const expression = new RegExp(`^${segmentSource(pattern)}$`, 'su');
  const dots = pattern.startsWith('.');
  return (name) => (dots || !name.startsWith('.')) && expression.test(name);
}

/** A test for whole paths against a list of patterns; a pattern without a slash is matched against the file name alone. */
export function pathMatcher(patterns: readonly string[]): (path: string) => boolean {
  const names: RegExp[] = [];
  const paths: RegExp[] = [];
  for (const pattern of patterns.flatMap(expandBraces)) {
    if (!pattern.includes('/')) names.push(new RegExp(`^${segmentSource(pattern)}$`, 'su'));
    else paths.push(new RegExp(`^${pathSource(pattern)}$`, 'su'));
  }
  return (path) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    return names.some((test) => test.test(name)) || paths.some((test) => test.test(path));
  };
}

function pathSource(pattern: string): string {
  const segments = pattern.split('/');
  return segments
    .map((segment, index) => {
      const last = index === segments.length - 1;
      if (segment === '**') return last ? '.*' : '(?:[^/]+/)*';
      return segmentSource(segment) + (last ? '' : '/');
    })
    .join('');
}

function segmentSource(pattern: string): string {
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const sign = pattern[at]!;
    if (sign === '*') source += '[^/]*';
    else if (sign === '?') source += '[^/]';
    else if (sign === '[') {
      // A ] right after the opening bracket (or its !) is a member.
      const close = pattern.indexOf(']', at + (pattern[at + 1] === '!' || pattern[at + 1] === '^' ? 3 : 2));
      if (close < 0) source += '\\[';
      else {
        const inside = pattern.slice(at + 1, close);
        const negated = inside.startsWith('!') || inside.startsWith('^');
        const members = (negated ? inside.slice(1) : inside).replace(/[\\\]^[]/g, '\\$&');
        source += setSource(`[${negated ? '^/' : ''}${members}]`);
        at = close;
      }
    } else source += escapeSign(sign);
  }
  return source;
}

/** A set with its range the wrong way round matches nothing, as in a shell. */
function setSource(source: string): string {
  try {
    return new RegExp(source, 'u').source;
  } catch {
    return '(?!)';
  }
}

function escapeSign(sign: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(sign) ? `\\${sign}` : sign;
}
