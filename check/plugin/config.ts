import { check, Skipped, type Check } from '../check.ts';
import { must, mustFail, mustNotTrace, mustSay, mustSucceed, stderrLines, story } from '../expect.ts';
import { environmentOf, environmentPrefix, smallJob, structuredLogConfig } from '../job.ts';
import type { Lab } from '../lab.ts';
import { isObject } from '../messages.ts';
import type { Ran } from '../process.ts';
import type { Config } from '../subject.ts';
import { aboutOf } from './flags.ts';

const ALL = ['tap', 'target', 'mapper'] as const;

export const configChecks: readonly Check[] = [
  check(5, 'later config files win per key', ALL, async (lab) => {
    const { config, input } = await smallJob(lab);
    const bad = badConfigs(lab)[0]!.config;
    const good = await lab.file('good.json', JSON.stringify(config));
    const wrong = await lab.file('wrong.json', JSON.stringify({ ...config, ...bad }));
    // The same wrong keys, repaired by a later file, must do no harm; given later, they must.
    const repair = await lab.file('repair.json', JSON.stringify(withRepair(bad, config)));
    mustSucceed(
      await lab.run({ config: false, args: ['--config', wrong, '--config', repair], input }),
      'wrong file, then repair',
    );
    mustFail(await lab.run({ config: false, args: ['--config', good, '--config', wrong], open: true }), 'good file, then wrong');
    const parts = Object.entries(config);
    const first = await lab.file('first.json', JSON.stringify(Object.fromEntries(parts.slice(0, 1))));
    const rest = await lab.file('rest.json', JSON.stringify(Object.fromEntries(parts.slice(1))));
    mustSucceed(await lab.run({ config: false, args: ['--config', first, '--config', rest], input }), 'a config in two files');
  }),
  check(6, 'settings from the environment', ALL, async (lab) => {
    const { config, input } = await smallJob(lab);
    const env = environmentOf(lab.subject.name, config);
    mustSucceed(await lab.run({ config: false, args: ['--config', 'ENV'], env, input }), '--config ENV');
    const bad = badConfigs(lab)[0]!.config;
    const repairing = { ...env, ...environmentOf(lab.subject.name, withRepair(bad, config)) };
    const won = await lab.run({ config: { ...config, ...bad }, args: ['--config', 'ENV'], env: repairing, input });
    mustSucceed(won, 'a wrong file repaired by the environment');
    const file = await lab.file('env-last.json', JSON.stringify({ ...config, ...bad }));
    const before = await lab.run({ config: false, args: ['--config', 'ENV', '--config', file], env: repairing, input });
    mustSucceed(before, 'the environment must win wherever ENV stands');
    const typed = await wholeNumberSetting(lab);
    if (typed === undefined) return;
    const spoilt = environmentOf(lab.subject.name, { [typed]: 'check_no_value' });
    const refused = await lab.run({ config, args: ['--config', 'ENV'], env: spoilt, open: true });
    mustFail(refused, `text for ${typed} in the environment`);
    mustSay(refused, [typed]);
  }),
  check(7, 'no config at all', ALL, async (lab) => {
    const ran = await lab.run({ config: false });
    const needs = lab.subject.needs ?? [];
    if (needs.length === 0) {
      must(ran.code === 0 || ran.stderr.trim() !== '', `a failure without config must say why: ${story(ran)}`);
      return;
    }
    mustFail(ran, 'a run without needed settings');
    must(
      needs.some((name) => ran.stderr.includes(name)),
      `one of ${needs.join(', ')} must be named: ${story(ran)}`,
    );
  }),
  check(8, 'every problem of a bad config at once', ALL, async (lab) => {
    for (const { config, mentions } of badConfigs(lab)) {
      const ran = await lab.run({ config: { ...(await smallJob(lab)).config, ...config }, open: true });
      mustFail(ran, `the config ${JSON.stringify(config)}`);
      mustNotTrace(ran);
      const exit = lab.subject.badConfigExit;
      must(exit === undefined || ran.code === exit, `a bad config must exit ${exit}: ${story(ran)}`);
      must(ran.stdout.length === 0, `a bad config must print nothing on stdout: ${story(ran)}`);
      const lines = stderrLines(ran);
      for (const mention of mentions) {
        const about = lines.filter((line) => line.includes(mention));
        must(about.length > 0, `${mention} must be named: ${story(ran)}`);
      }
      const distinct = new Set(mentions.map((mention) => lines.findIndex((line) => line.includes(mention))));
      must(distinct.size === mentions.length, `each problem needs a line of its own: ${story(ran)}`);
    }
  }),
  check(9, 'unknown settings are warned of once', ALL, async (lab) => {
    const { config, input } = await smallJob(lab);
    const ran = await lab.run({ config: { ...config, check_unknown_setting: 'x' }, input });
    mustSucceed(ran, 'a run with an unknown setting');
    const told = stderrLines(ran).filter((line) => line.includes('check_unknown_setting'));
    must(told.length <= 1, `an unknown setting is told ${told.length} times: ${story(ran)}`);
  }),
  check(10, 'unreadable config files', ALL, async (lab) => {
    const content = 'kittens-and-passwords';
    const files = [
      `${lab.dir}/check-missing.json`,
      await lab.file('check-empty.json', ''),
      await lab.file('check-broken.json', `{"name": "${content}", oops`),
      await lab.file('check-list.json', `["${content}"]`),
    ];
    for (const file of files) {
      const ran = await lab.run({ config: false, args: ['--config', file], open: true });
      mustFail(ran, `--config ${file}`);
      mustSay(ran, [file]);
      must(!ran.stderr.includes(content), `the contents of ${file} are shown: ${story(ran)}`);
    }
  }),
  check(15, 'no output holds a secret', ALL, async (lab) => {
    const { secret } = lab.subject;
    if (secret === undefined) throw new Skipped('no secret setting is known');
    const { config: plain, input } = await smallJob(lab);
    const config = { ...plain, [secret.setting]: secret.value };
    const bad = badConfigs(lab)[0]!.config;
    const log = await lab.file('log.json', structuredLogConfig('DEBUG'));
    const debug = { LOGLEVEL: 'debug', [`${environmentPrefix(lab.subject.name)}_LOGLEVEL`]: 'debug' };
    const inEnvironment = environmentOf(lab.subject.name, config);
    const runs: Record<string, Ran> = {
      debug: await lab.run({ config, input, env: debug }),
      structured: await lab.run({ config, input, env: { SINGER_SDK_LOG_CONFIG: log } }),
      'bad config': await lab.run({ config: { ...config, ...bad }, env: debug }),
      'wrong type': await lab.run({ config: { ...config, [secret.setting]: { inner: secret.value } }, env: debug }),
      about: await lab.run({ config, args: ['--about', '--format', 'json'], env: inEnvironment }),
      help: await lab.run({ config, args: ['--help'], env: inEnvironment }),
      'failing input': await lab.run({ config, input: `not a message ${secret.value}\n`, env: debug }),
    };
    const forms = [secret.value, encodeURIComponent(secret.value), JSON.stringify(secret.value).slice(1, -1)];
    for (const [name, ran] of Object.entries(runs)) {
      const told = `${ran.stdout.toString()}\n${ran.stderr}`;
      must(!forms.some((form) => told.includes(form)), `the secret is shown by the run "${name}": ${story(ran)}`);
    }
  }),
];

/** The subject's bad configs, the first of which spoils settings of the working config; skips the check when there are none. */
function badConfigs(lab: Lab): readonly { readonly config: Config; readonly mentions: readonly string[] }[] {
  const bad = lab.subject.badConfigs ?? [];
  if (bad.length === 0) throw new Skipped('no bad config is known');
  return bad;
}

/** A setting that is a whole number, by the plugin's own description: no text but digits can be cast to one. */
async function wholeNumberSetting(lab: Lab): Promise<string | undefined> {
  const { settings } = await aboutOf(lab);
  const properties = isObject(settings) && isObject(settings['properties']) ? settings['properties'] : {};
  return Object.keys(properties).find((name) => {
    const property = properties[name];
    const types = isObject(property) ? [property['type']].flat().filter((type) => type !== 'null') : [];
    return types.length === 1 && types[0] === 'integer';
  });
}

/** The keys that `bad` spoils, as they are in the working config. */
function withRepair(bad: Config, good: Config): Config {
  return Object.fromEntries(Object.entries(good).filter(([setting]) => setting in bad));
}
