import type { Problem } from '../../../singer/tap/index.ts';

/** A token as it was given. */
export interface GivenToken {
  /** The setting or variable that holds it. */
  readonly name: string;
  readonly token: string;
}

/** An app as it was given: `appid;;private key[;;installation]`. */
export interface GivenApp {
  readonly name: string;
  readonly id: string;
  readonly key: string;
  readonly installation: string | undefined;
  /** Lower case; undefined: for every owner that the app is installed at. */
  readonly owner: string | undefined;
}

export interface GivenCredentials {
  readonly tokens: readonly GivenToken[];
  readonly apps: readonly GivenApp[];
}

interface Given {
  readonly auth_token: string | undefined;
  readonly additional_auth_tokens: readonly string[] | undefined;
  readonly auth_app_keys: readonly string[] | undefined;
  readonly org_auth_app_keys: Readonly<Record<string, readonly string[]>> | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The credentials of the settings and, as MeltanoLabs' tap does it, of variables: those beginning with GITHUB_TOKEN if
 * `additional_auth_tokens` is not set, GITHUB_APP_PRIVATE_KEY if `auth_app_keys` is not. Each token once. What is wrong goes to `problems`,
 * never with the secret.
 */
export function givenCredentials(config: Given, environment: Environment, problems: Problem[]): GivenCredentials {
  const tokens: GivenToken[] = [];
  const seen = new Set<string>();
  const add = (name: string, given: string | undefined): void => {
    const token = given?.trim() ?? '';
    if (token === '' || seen.has(token)) return;
    seen.add(token);
    // It could not stand in a header.
    if (/^[\x21-\x7e]+$/.test(token)) tokens.push({ name, token });
    else problems.push({ path: name, message: 'is not a token: it holds spaces or characters beyond ASCII' });
  };
  add('auth_token', config.auth_token);
  if (config.additional_auth_tokens !== undefined) {
    for (const [index, token] of config.additional_auth_tokens.entries()) add(`additional_auth_tokens[${index}]`, token);
  } else {
    const names = Object.keys(environment).filter((name) => name.startsWith('GITHUB_TOKEN'));
    for (const name of names.toSorted()) add(name, environment[name]);
  }
  const apps: GivenApp[] = [];
  const addApp = (name: string, text: string, owner: string | undefined): void => {
    const [id = '', key = '', installation] = text.split(';;').map((part) => part.trim());
    const pem = key.replaceAll(String.raw`\n`, '\n');
    if (/^\w+$/.test(id) && /^-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem) && /^\d*$/.test(installation ?? '')) {
      apps.push({ name, id, key: pem, installation: installation || undefined, owner });
    } else problems.push({ path: name, message: 'must be app id;;private key in PEM[;;installation id]' });
  };
  const variable = environment['GITHUB_APP_PRIVATE_KEY'];
  if (config.auth_app_keys !== undefined) {
    for (const [index, text] of config.auth_app_keys.entries()) addApp(`auth_app_keys[${index}]`, text, undefined);
  } else if (variable !== undefined && variable !== '') addApp('GITHUB_APP_PRIVATE_KEY', variable, undefined);
  for (const [owner, texts] of Object.entries(config.org_auth_app_keys ?? {})) {
    for (const [index, text] of texts.entries()) addApp(`org_auth_app_keys.${owner}[${index}]`, text, owner.toLowerCase());
  }
  return { tokens, apps };
}
