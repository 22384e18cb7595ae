/** Parameters of a connection by libpq's keywords: `host` and `port` may be lists with commas. */
export type Parameters = Readonly<Partial<Record<string, string>>>;

/**
 * Reads `postgres://`, `postgresql://` and SQLAlchemy's `postgresql+driver://`, with one host or several and parameters as libpq names
 * them (Connection URIs in the manual). Gives undefined for anything else: an error would show the password.
 */
export function urlParameters(text: string): Parameters | undefined {
  const match = /^postgres(?:ql)?(?:\+[\w.]+)?:\/\/([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/s.exec(text.trim());
  if (match === null) return undefined;
  const [, authority = '', path = '', query = ''] = match;
  try {
    return { ...queryParameters(query), ...present({ dbname: decodeURIComponent(path) }), ...authorityParameters(authority) };
  } catch {
    // A percent sign that begins nothing, or a place without a port's number.
    return undefined;
  }
}

/** Later ones win; a parameter that comes twice, as SQLAlchemy writes hosts, is a list. */
function queryParameters(query: string): Parameters {
  const parameters: Record<string, string> = {};
  for (const pair of query.split('&')) {
    const [name = '', ...value] = pair.split('=');
    if (name === '') continue;
    const key = decodeURIComponent(name);
    const text = decodeURIComponent(value.join('='));
    parameters[key] = key === 'host' && parameters[key] !== undefined ? `${parameters[key]},${text}` : text;
  }
  return parameters;
}

function authorityParameters(authority: string): Parameters {
  const at = authority.lastIndexOf('@');
  const [user = '', ...password] = at < 0 ? [] : authority.slice(0, at).split(':');
  const places = authority
    .slice(at + 1)
    .split(',')
    .map(placeOf);
  const hosts = places.map(([host]) => host).join(',');
  const ports = places.map(([, port]) => port);
  return present({
    user: decodeURIComponent(user),
    password: decodeURIComponent(password.join(':')),
    host: hosts.replaceAll(',', '') === '' ? '' : hosts,
    port: ports.every((port) => port === ports[0]) ? ports[0] : ports.join(','),
  });
}

function placeOf(text: string): readonly [host: string, port: string] {
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(text);
  if (match === null) throw new Error('no host and port');
  return [decodeURIComponent(match[1]!.replace(/^\[(.*)\]$/, '$1')), match[2] ?? ''];
}

function present(parameters: Parameters): Parameters {
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined && value !== ''));
}
