/**
 * The targets of a Link header (RFC 8288) by relation: `<https://…?page=2>; rel="next", …`.
 */
export function linksOf(header: string | null): ReadonlyMap<string, string> {
  const links = new Map<string, string>();
  for (const [, url, parameters] of (header ?? '').matchAll(/<([^>]*)>((?:\s*;\s*[^,;]+)*)/g)) {
    const relations = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i.exec(parameters ?? '');
    for (const relation of (relations?.[1] ?? relations?.[2] ?? '').split(/\s+/)) links.set(relation.toLowerCase(), url!);
  }
  return links;
}

/** The `page` of a URL; undefined if it has none. */
export function pageOf(url: string | undefined): number | undefined {
  const page = url === undefined || !URL.canParse(url) ? Number.NaN : Number(new URL(url).searchParams.get('page') ?? Number.NaN);
  return Number.isSafeInteger(page) && page > 0 ? page : undefined;
}
