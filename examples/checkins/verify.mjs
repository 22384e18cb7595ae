// @ts-check
// What has to come out, computed from the file by other means than the pipeline's.

/**
 * @typedef {object} Expected
 * @property {string[]} loaded rows as `user|time in UTC|hours|project|project as typed`, sorted
 * @property {string[]} aside rows that must be put aside, as they stand in the file, sorted
 * @property {number} longDays how many days of a user have more than 24 hours
 */

/**
 * @param {string} text of the file
 * @param {readonly string[]} projects the right words
 * @returns {Expected}
 */
export function expected(text, projects) {
  const loaded = [];
  const aside = [];
  /** @type {Map<string, number>} */
  const days = new Map();
  for (const line of text.trimEnd().split('\n').slice(1)) {
    const [user = '', time = '', hours = '', typed = ''] = line.split(',');
    const who = user.trim().toLowerCase();
    const at = utc(time.trim());
    const project = mended(typed.trim().toLowerCase(), projects);
    if (who === '' || at < '2016' || Number(hours) > 24 || project === undefined) {
      aside.push(line);
      continue;
    }
    loaded.push([who, at, Number(hours), project, typed].join('|'));
    const day = `${who} ${at.slice(0, 10)}`;
    days.set(day, (days.get(day) ?? 0) + Math.round(Number(hours) * 100));
  }
  return { loaded: loaded.toSorted(), aside: aside.toSorted(), longDays: [...days.values()].filter((sum) => sum > 2400).length };
}

const RUSSIAN = 'января февраля марта апреля мая июня июля августа сентября октября ноября декабря'.split(' ');

/** The three kinds of times have nothing in common. @param {string} text */
function utc(text) {
  const two = (/** @type {number} */ number) => String(number).padStart(2, '0');
  const iso = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))? UTC$/.exec(text);
  if (iso !== null) return `${iso[1]} ${iso[2]}.${(iso[3] ?? '').padEnd(6, '0')}`;
  const american = /^(\d\d)\/(\d\d)\/(\d{4}) (\d\d):(\d\d) ([AP])M$/.exec(text);
  if (american !== null) {
    const [, month, day, year, hour, minute, half] = american;
    return `${year}-${month}-${day} ${two((Number(hour) % 12) + (half === 'P' ? 12 : 0))}:${minute}:00.000000`;
  }
  const [, day, month = '', year, hour, minute] = /^(\d{1,2}) (\S+) (\d{4}) (\d\d):(\d\d)$/.exec(text) ?? [];
  if (!RUSSIAN.includes(month)) throw new Error(`No kind of time is ${text}`);
  return `${year}-${two(RUSSIAN.indexOf(month) + 1)}-${two(Number(day))} ${hour}:${minute}:00.000000`;
}

/**
 * The word of the list that is at most two letters away; undefined where two are equally near.
 * @param {string} word @param {readonly string[]} right
 */
function mended(word, right) {
  if (right.includes(word) || /^project-[0-9]+$/.test(word)) return word;
  const near = right.map((each) => ({ each, steps: distance(word, each) })).toSorted((a, b) => a.steps - b.steps);
  const [first, second] = near;
  if (first === undefined || first.steps > 2) return word;
  return second?.steps === first.steps ? undefined : first.each;
}

/** Letters to insert, delete, replace or swap. @param {string} a @param {string} b */
function distance(a, b) {
  const d = Array.from({ length: a.length + 1 }, (_, i) =>
    Array.from({ length: b.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)),
  );
  const at = (/** @type {number} */ i, /** @type {number} */ j) => d[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++) {
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : Infinity;
      const replaced = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const steps = Math.min(replaced, at(i - 1, j) + 1, at(i, j - 1) + 1, swapped);
      d[i]?.splice(j, 1, steps);
    }
  return at(a.length, b.length);
}
