/** Words for true and false that hold in every language. */
const EVERYWHERE = { true: ['true', '1'], false: ['false', '0'] } as const;

/** By language: yes and no, true and false, on and off. */
const WORDS: Readonly<Record<string, { readonly true: string; readonly false: string }>> = {
  ar: { true: 'نعم صحيح', false: 'لا خطأ' },
  bg: { true: 'да вярно', false: 'не невярно' },
  cs: { true: 'ano pravda', false: 'ne nepravda' },
  da: { true: 'ja sand sandt', false: 'nej falsk' },
  de: { true: 'ja j wahr an', false: 'nein n falsch aus' },
  el: { true: 'ναι αληθής', false: 'όχι ψευδής' },
  en: { true: 'yes y t on', false: 'no n f off' },
  es: { true: 'sí si s verdadero', false: 'no n falso' },
  et: { true: 'jah tõene', false: 'ei väär' },
  fi: { true: 'kyllä tosi', false: 'ei epätosi' },
  fr: { true: 'oui o vrai', false: 'non n faux' },
  he: { true: 'כן אמת', false: 'לא שקר' },
  hi: { true: 'हाँ हां सही', false: 'नहीं गलत' },
  hr: { true: 'da istina', false: 'ne neistina' },
  hu: { true: 'igen igaz', false: 'nem hamis' },
  id: { true: 'ya benar', false: 'tidak salah' },
  it: { true: 'sì si s vero', false: 'no n falso' },
  ja: { true: 'はい 真', false: 'いいえ 偽' },
  ko: { true: '예 네 참', false: '아니요 아니오 거짓' },
  lt: { true: 'taip tiesa', false: 'ne netiesa' },
  lv: { true: 'jā patiess', false: 'nē aplams' },
  nb: { true: 'ja sann', false: 'nei usann' },
  nl: { true: 'ja j waar aan', false: 'nee n onwaar uit' },
  pl: { true: 'tak prawda', false: 'nie fałsz' },
  pt: { true: 'sim s verdadeiro', false: 'não nao n falso' },
  ro: { true: 'da adevărat', false: 'nu fals' },
  ru: { true: 'да д истина вкл', false: 'нет н ложь выкл' },
  sk: { true: 'áno pravda', false: 'nie nepravda' },
  sl: { true: 'da resnično', false: 'ne neresnično' },
  sr: { true: 'да тачно da tačno', false: 'не нетачно ne netačno' },
  sv: { true: 'ja sann sant', false: 'nej falsk falskt' },
  th: { true: 'ใช่ จริง', false: 'ไม่ เท็จ' },
  tr: { true: 'evet doğru', false: 'hayır yanlış' },
  uk: { true: 'так т істина', false: 'ні н хибність' },
  vi: { true: 'có đúng', false: 'không sai' },
  zh: { true: '是 真 对', false: '否 假 错' },
};

export const BOOLEAN_LANGUAGES: readonly string[] = Object.keys(WORDS);

/** The words of a language, of which only the tag's first part counts; undefined if they are not known. */
export function booleanWords(
  locale: string,
): { readonly true: readonly string[]; readonly false: readonly string[] } | undefined {
  const language = locale.split('-')[0]!.toLowerCase();
  const words = Object.hasOwn(WORDS, language) ? WORDS[language] : undefined;
  if (words === undefined) return undefined;
  return { true: [...EVERYWHERE.true, ...words.true.split(' ')], false: [...EVERYWHERE.false, ...words.false.split(' ')] };
}
