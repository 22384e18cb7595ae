/** One place where a server may be. */
export interface Host {
  /** Name, address, or folder of a socket. */
  readonly host: string;
  readonly port: number;
}

const PORT = 5432;

/** libpq's lists: hosts with commas between, and one port for all of them or one for each; an empty one is 5432. Tells `wrong` what it cannot read. */
export function hostsOf(hosts: string, ports: string | undefined, wrong: (message: string) => void): readonly Host[] {
  const names = hosts.split(',').map((name) => name.trim());
  const numbers = (ports ?? '').split(',').map(portOf);
  if (numbers.includes(undefined)) wrong('must be a number from 1 to 65535, or a list of these with commas between');
  else if (numbers.length > 1 && numbers.length !== names.length) wrong('must be one for all hosts, or one for each of them');
  return names.map((host, at) => ({ host, port: (numbers.length === 1 ? numbers[0] : numbers[at]) ?? PORT }));
}

function portOf(text: string): number | undefined {
  if (text.trim() === '') return PORT;
  const port = /^\s*\d{1,5}\s*$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

/** True for the folder of a socket: what is sent stays on the machine. */
export function isSocket({ host }: Pick<Host, 'host'>): boolean {
  return host.startsWith('/');
}
