/** True for a text that is an e-mail address as far as comparing goes. */
export function isEmail(text: string): boolean {
  return text.includes('@');
}

/**
 * The form in which the ids and e-mail addresses of people are compared: without white space around them, Unicode composed, an address in
 * lower case. Empty if there is nothing to compare.
 */
export function subjectOf(text: string): string {
  const plain = text.normalize('NFC').trim();
  return isEmail(plain) ? plain.toLowerCase() : plain;
}
