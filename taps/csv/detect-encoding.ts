import { isUtf8 } from 'node:buffer';
import { InputError } from '../../singer/tap/index.ts';
import { encodingOfMark } from './encodings.ts';
import { INNER_SIGNS, LETTERS, SIGNS } from './letters.ts';
import { badByte } from './utf8.ts';

/** What the first bytes of a file say about its encoding. */
export interface EncodingVerdict {
  readonly encoding: string;
  /** What it rests on, for the log. */
  readonly evidence: string;
  /** Encodings in which the file might be written just as well, by this evidence; they would read it in another way. */
  readonly others: readonly string[];
}

/** Bytes that are looked at. */
export const SAMPLE_BYTES = 256 * 1024;
/** A candidate must explain this part of the characters beyond ASCII. */
const LEAST_SCORE = 0.8;
/** A candidate this much below the best is no rival. */
const MARGIN = 0.08;

/**
 * Tells the encoding of a file from its beginning: a byte order mark, zeros as UTF-16 has them, valid UTF-8, otherwise the single-byte
 * encoding in which the characters beyond ASCII make words. `whole`: the sample is the whole file. Throws InputError if nothing fits.
 */
export async function detectEncoding(sample: Buffer, whole: boolean, key: string): Promise<EncodingVerdict> {
  const mark = encodingOfMark(sample);
  if (mark !== undefined) return sure(mark, 'byte order mark');
  if (sample.subarray(0, 3).equals(Buffer.from('\ufeff'))) return sure('utf-8', 'byte order mark');
  const wide = utf16Of(sample);
  if (wide !== undefined) return sure(wide, 'zeros in every other byte');
  const bad = badByte(sample, 0, sample.length);
  // The sample may end inside a character.
  if (bad === sample.length || (!whole && sample.length - bad < 4 && !isUtf8(sample.subarray(0, bad + 1)))) {
    const ascii = sample.every((byte) => byte < 0x80);
    return sure('utf-8', ascii ? `ASCII only, in the first ${sample.length} bytes` : 'valid UTF-8');
  }
  return singleByte(sample, key);
}

function sure(encoding: string, evidence: string): EncodingVerdict {
  return { encoding, evidence, others: [] };
}

/** UTF-16 without a mark: in text that is mostly ASCII one byte of each pair is zero, always the same one. */
function utf16Of(sample: Buffer): 'utf16le' | 'utf16be' | undefined {
  const pairs = sample.length >> 1;
  let first = 0;
  let second = 0;
  for (let at = 0; at < pairs * 2; at += 2) {
    if (sample[at] === 0) first++;
    if (sample[at + 1] === 0) second++;
  }
  if (pairs < 2) return undefined;
  if (second > pairs * 0.3 && first < pairs * 0.02) return 'utf16le';
  if (first > pairs * 0.3 && second < pairs * 0.02) return 'utf16be';
  return undefined;
}

interface Candidate {
  readonly encoding: string;
  readonly languages: string;
  readonly score: number;
  readonly text: string;
}

async function singleByte(sample: Buffer, key: string): Promise<EncodingVerdict> {
  const { default: iconv } = await import('iconv-lite');
  const excerpt = highPart(sample);
  const texts = new Map<string, string>();
  const candidates: Candidate[] = [];
  for (const { languages, encodings, letters, usualShare } of LETTERS) {
    for (const encoding of encodings) {
      let text = texts.get(encoding);
      if (text === undefined) texts.set(encoding, (text = iconv.decode(excerpt, encoding)));
      const score = usualShare === undefined ? latinScore(text, letters) : alphabetScore(text, letters, usualShare);
      candidates.push({ encoding, languages, score, text });
    }
  }
  candidates.sort((a, b) => b.score - a.score);
  const best = candidates[0]!;
  if (best.score < LEAST_SCORE) throw undetected(key, candidates);
  const rivals = candidates.filter((candidate) => candidate.score > best.score - MARGIN && candidate.text !== best.text);
  const others = [...new Set(rivals.map((candidate) => candidate.encoding))];
  // Where western text is as likely as any other, it is by far the more frequent.
  const western = candidates.find(({ encoding, score }) => encoding === 'windows-1252' && score > best.score - MARGIN);
  if (others.length > 0 && western === undefined) throw undetected(key, candidates);
  const chosen = western ?? best;
  return {
    encoding: chosen.encoding,
    evidence: `letters of ${chosen.languages}: ${Math.round(chosen.score * 100)} % of ${excerpt.length} bytes looked at fit`,
    others: others.filter((encoding) => encoding !== chosen.encoding),
  };
}

/** The words with bytes beyond ASCII, a space between: all that tells one encoding from another. */
function highPart(sample: Buffer): Buffer {
  const words = sample.toString('latin1').match(/[A-Za-z\x80-\xff’']*[\x80-\xff][A-Za-z\x80-\xff’']*/g) ?? [];
  return Buffer.from(words.join(' '), 'latin1');
}

/** The part of the characters beyond ASCII that are letters of these, or signs where signs stand. */
function latinScore(text: string, letters: string): number {
  let high = 0;
  let fit = 0;
  let plain = 0;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]!;
    if (sign < '\x80') {
      if (isAscii(sign)) plain++;
      continue;
    }
    high++;
    if (letters.includes(sign)) fit++;
    // A capital after a small letter is no capital.
    else if (letters.includes(sign.toLowerCase())) fit += isLower(text[at - 1]) ? 0 : 1;
    else if (INNER_SIGNS.includes(sign)) fit++;
    else if (SIGNS.includes(sign)) fit += isLetter(text[at - 1]) && isLetter(text[at + 1]) ? 0 : 1;
  }
  // Latin words have plain letters, too; in other scripts they are rare.
  return high === 0 ? 0 : (fit / high) * Math.min(1, (2 * plain) / high);
}

/** How near the frequent letters of an alphabet come to their usual part of all letters; words do not change their case inside. */
function alphabetScore(text: string, letters: string, usualShare: number): number {
  let high = 0;
  let frequent = 0;
  let strange = 0;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]!;
    if (sign < '\x80' || SIGNS.includes(sign)) continue;
    high++;
    if (letters.includes(sign.toLowerCase())) frequent++;
    if (!isLetter(sign) || (isUpper(sign) && isLower(text[at - 1])) || isAscii(text[at - 1]) || isAscii(text[at + 1])) strange++;
  }
  if (high < 8) return 0;
  return Math.min(1, frequent / high / usualShare) - (strange / high) * 2;
}

function isAscii(sign: string | undefined): boolean {
  return sign !== undefined && /[A-Za-z]/.test(sign);
}

function isLetter(sign: string | undefined): boolean {
  return sign !== undefined && /\p{L}/u.test(sign);
}

function isLower(sign: string | undefined): boolean {
  return sign !== undefined && /\p{Ll}/u.test(sign);
}

function isUpper(sign: string): boolean {
  return /\p{Lu}/u.test(sign);
}

function undetected(key: string, candidates: readonly Candidate[]): InputError {
  const likely = [...new Set(candidates.slice(0, 4).map(({ encoding }) => encoding))];
  return new InputError(`${key}: its encoding cannot be told from its first bytes`, {
    code: 'encoding-undetected',
    facts: { file: key, likely },
    hint: 'Set encoding to what the file is written in, for example windows-1252, windows-1251 or shift_jis.',
  });
}
