import { readFile, stat, symlink } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { Ajv } from 'ajv';
import { check, Skipped, type Check } from '../check.ts';
import { must, mustFail, mustSay, mustSucceed, sameJson, stdoutLines, story } from '../expect.ts';
import { draft7 } from '../formats.ts';
import { smallJob } from '../job.ts';
import type { Lab } from '../lab.ts';
import { isObject, messagesOf, parse, recordsOf, stateLine } from '../messages.ts';
import { needsCatalog } from '../tap/catalog.ts';

const ALL = ['tap', 'target', 'mapper'] as const;

export const flagChecks: readonly Check[] = [
  check(1, 'version is one line', ALL, async (lab) => {
    const ran = await lab.run({ args: ['--version'], config: false, open: true });
    mustSucceed(ran, '--version');
    const lines = stdoutLines(ran);
    must(
      lines.length === 1 && lines[0]!.includes(lab.subject.name) && /\d+\.\d+/.test(lines[0]!),
      `one line, name, version: ${story(ran)}`,
    );
  }),
  check(2, 'help prints usage', ALL, async (lab) => {
    const ran = await lab.run({ args: ['--help'], config: false, open: true });
    mustSucceed(ran, '--help');
    must(/usage/i.test(ran.stdout.toString()) && ran.stdout.includes('--config'), `usage on stdout: ${story(ran)}`);
  }),
  check(3, 'about as JSON', ALL, async (lab) => {
    const about = await aboutOf(lab);
    for (const field of ['name', 'description', 'version']) {
      must(
        typeof about[field] === 'string' && about[field] !== '',
        `about lacks a text ${field}: ${JSON.stringify(about[field])}`,
      );
    }
    must(about['name'] === lab.subject.name, `about.name is ${JSON.stringify(about['name'])}`);
    must(Array.isArray(about['capabilities']) && about['capabilities'].length > 0, 'about.capabilities must be a list');
    const settings = about['settings'];
    must(isObject(settings) && isObject(settings['properties']), 'about.settings must be a JSON Schema with properties');
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(draft7(settings));
    const { config } = await smallJob(lab);
    must(validate(config), `about.settings refuses a config that works: ${JSON.stringify(validate.errors)}`);
    const plain = await lab.run({ args: ['--about'], config: false, open: true });
    mustSucceed(plain, '--about');
    must(plain.stdout.includes(lab.subject.name), `--about names the plugin: ${story(plain)}`);
  }),
  check(4, 'about as Markdown lists every setting', ALL, async (lab) => {
    const about = await aboutOf(lab);
    const ran = await lab.run({ args: ['--about', '--format', 'markdown'], config: false, open: true });
    mustSucceed(ran, '--about --format markdown');
    const settings =
      isObject(about['settings']) && isObject(about['settings']['properties']) ? about['settings']['properties'] : {};
    const missing = Object.keys(settings).filter((name) => !ran.stdout.includes(name));
    must(missing.length === 0, `Markdown lacks the settings ${missing.join(', ')}`);
    mustFail(await lab.run({ args: ['--about', '--format', 'papyrus'], config: false, open: true }), 'an unknown --format');
  }),
  check(11, 'works through symlinks from any folder', ALL, async (lab) => {
    const file = onlyFile(lab);
    const name = `${lab.subject.name}-linked`;
    const link = join(lab.dir, name);
    await symlink(file, link);
    const job = await smallJob(lab);
    const path = `${lab.dir}${delimiter}${process.env['PATH'] ?? ''}`;
    const ways = [
      { command: [link], cwd: '/' },
      { command: [`./${name}`], cwd: lab.dir },
      { command: [name], cwd: '/', env: { PATH: path } },
    ];
    for (const way of ways) mustSucceed(await lab.run({ ...job, ...way }), `called as ${way.command[0]} from ${way.cwd}`);
  }),
  check(12, 'shebang and run bit', ALL, async (lab) => {
    const file = onlyFile(lab);
    const first = (await readFile(file, 'utf8')).split('\n')[0]!;
    must(first.startsWith('#!'), `the first line of ${file} is no shebang: ${first}`);
    must(((await stat(file)).mode & 0o111) === 0o111, `${file} lacks the run bit`);
  }),
  check(13, 'short flags of old taps', ['tap'], async (lab) => {
    if (needsCatalog(lab)) throw new Skipped('it reads nothing without a catalog that selects something');
    const { config } = await lab.source('small');
    const configFile = await lab.file('short.json', JSON.stringify(config));
    const stateFile = await lab.file('short-state.json', stateLine({ bookmarks: { check_other: { at: 1 } } }));
    const found = await lab.run({ config: false, args: ['-c', configFile, '-d'] });
    mustSucceed(found, '-c FILE -d');
    const catalogFile = await lab.file('short-catalog.json', found.stdout);
    const expected = recordsOf(messagesOf(await lab.run({ config, args: ['--catalog', catalogFile] }))).map(
      (message) => message.record,
    );
    must(expected.length > 0, 'the catalog gives no records');
    for (const flag of ['-p', '--properties']) {
      const ran = await lab.run({ config: false, args: ['-c', configFile, flag, catalogFile, '-s', stateFile] });
      mustSucceed(ran, `-c -s ${flag}`);
      const messages = messagesOf(ran);
      must(
        sameJson(
          recordsOf(messages).map((message) => message.record),
          expected,
        ),
        `${flag} must mean the catalog: ${story(ran)}`,
      );
      must(ran.stdout.includes('check_other'), `-s must mean the state: ${story(ran)}`);
    }
  }),
  check(14, 'unknown flags are named', ALL, async (lab) => {
    const { config } = await smallJob(lab);
    const ran = await lab.run({ config, args: ['--no-such-flag'], open: true });
    mustFail(ran, 'an unknown flag');
    mustSay(ran, ['no-such-flag']);
  }),
];

/** What it can do, by its own `--about`; nothing for a plugin that does not know the flag. */
export async function capabilitiesOf(lab: Lab): Promise<readonly unknown[]> {
  const about = parse((await lab.run({ args: ['--about', '--format', 'json'], config: false })).stdout.toString());
  return isObject(about) && Array.isArray(about['capabilities']) ? about['capabilities'] : [];
}

/** The parsed `--about --format json`. */
export async function aboutOf(lab: Lab): Promise<Readonly<Record<string, unknown>>> {
  const ran = await lab.run({ args: ['--about', '--format', 'json'], config: false, open: true });
  mustSucceed(ran, '--about --format json');
  const about = parse(ran.stdout.toString());
  must(isObject(about), `--about --format json prints no JSON object: ${story(ran)}`);
  return about;
}

function onlyFile(lab: Lab): string {
  const [file, ...rest] = lab.subject.command;
  if (rest.length > 0 || !file.includes('/')) throw new Skipped('the command is not one executable file given by its path');
  return file;
}
