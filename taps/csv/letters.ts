/** Writing systems by their letters beyond ASCII, and the single-byte encodings in which such text is met. */
export interface Letters {
  readonly languages: string;
  readonly encodings: readonly string[];
  /** Letters in lower case. For an alphabet of its own the frequent ones only, with the part of all letters that they usually are. */
  readonly letters: string;
  /** Set for an alphabet that is not Latin. */
  readonly usualShare?: number;
}

/** Shares by counts of ordinary text; see the tests. */
export const LETTERS: readonly Letters[] = [
  { languages: 'French', encodings: ['windows-1252'], letters: 'éèêëàâçùûüîïôœ' },
  { languages: 'German', encodings: ['windows-1252', 'cp850'], letters: 'äöüß' },
  { languages: 'Spanish', encodings: ['windows-1252', 'cp850'], letters: 'áéíóúüñ' },
  { languages: 'Portuguese', encodings: ['windows-1252'], letters: 'áâãàçéêíóôõú' },
  { languages: 'Italian', encodings: ['windows-1252'], letters: 'àèéìòù' },
  { languages: 'Nordic languages', encodings: ['windows-1252', 'cp850'], letters: 'åäöæøéðþíóúáý' },
  { languages: 'Polish', encodings: ['windows-1250', 'iso-8859-2'], letters: 'ąćęłńóśźż' },
  { languages: 'Czech and Slovak', encodings: ['windows-1250', 'iso-8859-2'], letters: 'áčďéěíňóřšťúůýžľĺŕôä' },
  { languages: 'Hungarian', encodings: ['windows-1250', 'iso-8859-2'], letters: 'áéíóöőúüű' },
  { languages: 'Slovene and Croatian', encodings: ['windows-1250', 'iso-8859-2'], letters: 'čćđšž' },
  { languages: 'Romanian', encodings: ['windows-1250', 'iso-8859-2'], letters: 'ăâîşţ' },
  { languages: 'Turkish', encodings: ['windows-1254'], letters: 'çğıöşüâî' },
  { languages: 'Baltic languages', encodings: ['windows-1257'], letters: 'āčēģīķļņšūžąęėįųõäöü' },
  {
    languages: 'Cyrillic alphabets',
    encodings: ['windows-1251', 'koi8-r', 'cp866', 'iso-8859-5'],
    letters: 'оеаинтсрвлкмдпуяы',
    usualShare: 0.87,
  },
  { languages: 'Greek', encodings: ['windows-1253'], letters: 'αοιετσνηυρπκμλωςίόάέήύώδγ', usualShare: 0.95 },
];

/** Signs that stand in text of any language, beside letters or alone. */
export const SIGNS = '’‘“”„‚«»‹›–—…€£§°©®™·•²³½¼×±µªº¿¡\u00a0№';
/** Of these, those that may stand between two letters. */
export const INNER_SIGNS = '’‘–—·';
