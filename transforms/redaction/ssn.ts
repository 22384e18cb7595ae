import type { Detector } from './detector.ts';

/** Three, two and four digits; in one piece only beside a word that says what they are, for any number may have nine digits. */
const GROUPED = /(?<!\d)(\d{3})[ ./_-]{1,3}(\d{2})[ ./_-]{1,3}(\d{4})(?!\d)/g;
const SOLID = /(?<!\d)(\d{3})(\d{2})(\d{4})(?!\d)/g;
const WORDS = /(?<![a-z])(?:ssns?|itins?|tin|social|security|taxpayer|seguro)(?![a-z])/i;
/** How far from it such a word may stand. */
const NEAR = 40;

/** Social security numbers of the United States, and the taxpayer numbers (ITIN) that look like them, of the ranges that are given out. */
export const ssn: Detector = {
  label: 'SSN',
  *find(text) {
    for (const [form, needsWord] of [
      [GROUPED, false],
      [SOLID, true],
    ] as const) {
      for (const { 0: all, 1: area = '', 2: group = '', 3: serial = '', index: start } of text.matchAll(form)) {
        const end = start + all.length;
        if (!isGivenOut(area, group, serial)) continue;
        if (needsWord && !WORDS.test(text.slice(Math.max(start - NEAR, 0), end + NEAR))) continue;
        yield { start, end, value: area + group + serial };
      }
    }
  },
};

/** Social Security Administration, "The SSN Numbering Scheme"; for numbers that begin with 9: Internal Revenue Service, IRM 3.21.263. */
function isGivenOut(area: string, group: string, serial: string): boolean {
  if (area.startsWith('9')) return isTaxpayerGroup(Number(group));
  return area !== '000' && area !== '666' && group !== '00' && serial !== '0000';
}

function isTaxpayerGroup(group: number): boolean {
  return (group >= 50 && group <= 65) || (group >= 70 && group <= 88) || (group >= 90 && group !== 93);
}
