interface Waiting<T> {
  readonly iterator: AsyncIterator<T>;
  next: Promise<IteratorResult<T>>;
}

/**
 * Reads `width` sources at once and gives what they give in the order of the items, each source whole before the next one. A source
 * is asked for one thing ahead, so at most `width + 1` things wait. Sources that are left open are closed at the end, whatever happened:
 * `stop` must make those end that wait for something.
 */
export async function* ordered<I, T>(
  items: readonly I[],
  width: number,
  open: (item: I) => AsyncIterable<T>,
  stop: () => void,
): AsyncGenerator<T> {
  const waiting: Waiting<T>[] = [];
  let index = 0;
  const ask = (iterator: AsyncIterator<T>): Promise<IteratorResult<T>> => {
    const next = iterator.next();
    // It is looked at in its turn; until then nobody may take a failure for one that nobody cares about.
    next.catch(() => undefined);
    return next;
  };
  const fill = (): void => {
    while (waiting.length < width && index < items.length) {
      const iterator = open(items[index++]!)[Symbol.asyncIterator]();
      waiting.push({ iterator, next: ask(iterator) });
    }
  };
  try {
    for (fill(); waiting.length > 0; fill()) {
      const first = waiting[0]!;
      for (let result = await first.next; result.done !== true; result = await first.next) {
        first.next = ask(first.iterator);
        yield result.value;
      }
      waiting.shift();
    }
  } finally {
    stop();
    await Promise.allSettled(waiting.map(({ iterator }) => Promise.resolve(iterator.return?.())));
  }
}
