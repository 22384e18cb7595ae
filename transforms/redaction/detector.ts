/** Something in a text that tells who somebody is. Places are UTF-16 units of the text that was read. */
export interface Finding {
  readonly start: number;
  /** Behind its last unit. */
  readonly end: number;
  /** One spelling for all spellings of it: what a token is made of. */
  readonly value: string;
}

/** Finds all that is of one kind. Takes time in proportion to the length of the text, whatever that is. */
export interface Detector {
  /** What stands in its place, between angle brackets. */
  readonly label: string;
  /** `text` is one that `plainReading` reads. Findings are in no order, and may overlap. */
  find(text: string): Iterable<Finding>;
}
