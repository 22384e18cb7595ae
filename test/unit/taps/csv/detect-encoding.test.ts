import iconv from 'iconv-lite';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectEncoding } from '../../../../taps/csv/detect-encoding.ts';

const TEXTS: Readonly<Record<string, string>> = {
  French: 'Le café était fermé à côté de la forêt; Noël, où çà, naïve, l’été, œuvre, «déjà vu», prix: 12 €. Élève, À bientôt.',
  German: 'Größe, Straße, Müller, Äpfel, schön, Übung, „Zitat“, Öl; 5 °C; Jörg Weiß, Köln, Düsseldorf',
  Spanish: 'El niño comió piñón; ¿qué tal? ¡Adiós! José, Peñíscola, Málaga, León, Ávila, acción, número nº 1',
  Portuguese: 'São Paulo, coração, João, não, avô, você, às, informação, ações, Luís, É útil',
  Nordic: 'Malmö, Århus, København, smørrebrød, Ærø, Göteborg, blåbær, måned, på, være',
  Polish: 'Zażółć gęślą jaźń; Łódź, Kraków, święto, chrząszcz, ąę, mięso, żółw, ciało, Śląsk',
  Czech: 'Příliš žluťoučký kůň úpěl ďábelské ódy; Plzeň, Dvořák, Česko, město, řeka, dítě',
  Hungarian: 'Árvíztűrő tükörfúrógép; Győr, Pécs, hű, fő, nő, könyv, erdő, Ő jött',
  Russian:
    'Съешь ещё этих мягких французских булок, да выпей чаю; Москва, Санкт-Петербург, улица Ленина, дом 5, квартира 12, Иванов Иван Иванович, количество, цена за единицу, адрес доставки',
  Greek: 'Η Αθήνα είναι η πρωτεύουσα της Ελλάδας· καλημέρα, ευχαριστώ πολύ, όνομα, διεύθυνση, τιμή, ποσότητα',
  Turkish: 'İstanbul, Şişli, Beyoğlu, çocuk, ağaç, güneş, ışık, öğrenci, Kadıköy, Üsküdar, doğum günü',
};

const CASES: [string, string][] = [
  ['French', 'windows-1252'],
  ['German', 'windows-1252'],
  ['German', 'cp850'],
  ['Spanish', 'windows-1252'],
  ['Portuguese', 'windows-1252'],
  ['Nordic', 'windows-1252'],
  ['Polish', 'windows-1250'],
  ['Polish', 'iso-8859-2'],
  ['Czech', 'windows-1250'],
  ['Hungarian', 'windows-1250'],
  ['Russian', 'windows-1251'],
  ['Russian', 'koi8-r'],
  ['Russian', 'cp866'],
  ['Russian', 'iso-8859-5'],
  ['Greek', 'windows-1253'],
  ['Turkish', 'windows-1254'],
];

describe('the encoding of a file', () => {
  it.each(CASES)('is told: %s in %s', async (language, encoding) => {
    // What the encoding does not have is not in the file.
    const text = Array.from(TEXTS[language]!)
      .filter((sign) => iconv.decode(iconv.encode(sign, encoding), encoding) === sign)
      .join('');
    const verdict = await detectEncoding(iconv.encode(text, encoding), true, 'x.csv');
    expect(iconv.decode(iconv.encode(text, encoding), verdict.encoding)).toBe(text);
  });

  it.each(Object.entries(TEXTS))('is UTF-8 or UTF-16 where the bytes are: %s', async (_language, text) => {
    const long = `id,name,value\n${text}\n`;
    expect(await detectEncoding(Buffer.from(long), true, 'x')).toMatchObject({
      encoding: 'utf-8',
      evidence: 'valid UTF-8',
      others: [],
    });
    for (const encoding of ['utf16le', 'utf16be']) {
      const ascii = 'id,name,value\n1,a few words,12.50\n'.repeat(5) + text.slice(0, 20);
      expect((await detectEncoding(iconv.encode(ascii, encoding, { addBOM: false }), true, 'x')).encoding).toBe(encoding);
      expect((await detectEncoding(iconv.encode(text, encoding, { addBOM: true }), true, 'x')).evidence).toBe('byte order mark');
    }
  });

  it('is UTF-8 wherever the sample cuts a character', async () => {
    const bytes = Buffer.from(`${TEXTS['Russian']}漢字😀`);
    for (let end = 2; end <= bytes.length; end++) {
      expect((await detectEncoding(bytes.subarray(0, end), end === bytes.length, 'x')).encoding).toBe('utf-8');
    }
  });

  it('is not guessed in silence: rivals are named, and nothing likely is an error', async () => {
    const verdict = await detectEncoding(Buffer.from('name\ncr\xe8me\n', 'latin1'), true, 'x');
    expect(verdict.encoding).toBe('windows-1252');
    expect(verdict.others.length).toBeGreaterThan(0);
    for (const bytes of [
      Buffer.from('82a082a282a4', 'hex'),
      Buffer.from([0x81, 0x8d, 0x8f, 0x90]),
      iconv.encode('こんにちは世界', 'shift_jis'),
    ]) {
      await expect(detectEncoding(bytes, true, 'x')).rejects.toMatchObject({ code: 'encoding-undetected' });
    }
  });

  it('is told or refused for any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (bytes, whole) => {
        const verdict = await detectEncoding(Buffer.from(bytes), whole, 'x').catch((error: unknown) => error);
        if (verdict instanceof Error) expect(verdict).toMatchObject({ code: 'encoding-undetected' });
        else expect(iconv.encodingExists((verdict as { encoding: string }).encoding)).toBe(true);
      }),
    );
  });
});
