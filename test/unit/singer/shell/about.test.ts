import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { aboutPlugin, aboutText } from '../../../../singer/shell/about.ts';
import { helpText } from '../../../../singer/shell/help.ts';
import { meltanoPlugins } from '../../../../singer/shell/meltano-block.ts';
import { defineMapper, type Tap, type Target } from '../../../../singer/plugin.ts';
import type { Settings } from '../../../../singer/settings.ts';

const settings: Settings = {
  host: { type: 'string', required: true, description: 'Where | it is.', examples: ['db'] },
  password: { type: 'string', secret: true, description: 'The password.', default: 'hunter2secret', examples: ['hunter3secret'] },
  mode: { type: 'string', options: ['fast', 'exact'], default: 'fast', description: 'How.', aliases: ['way'] },
  ratio: { type: 'number', default: 0.5, description: 'A ratio.', minimum: 0 },
  files: {
    type: ['array', 'string'],
    description: 'Files: "all" of them.',
    items: {
      type: 'object',
      description: 'A file.',
      properties: { path: { type: 'string', required: true, description: 'Its path.' } },
    },
  },
  old: { type: 'boolean', description: 'Once used.', ignored: 'always on' },
};

const tap: Tap = { kind: 'tap', name: 'tap-x', summary: 'Reads x.', settings, open: () => Promise.reject(new Error('unused')) };
const target: Target = {
  kind: 'target',
  name: 'target-x',
  summary: 'Writes x.',
  settings,
  capabilities: ['batch', 'about'],
  commands: { 'state get': { summary: 'Prints the state.', run: () => Promise.resolve('') } },
  open: () => Promise.reject(new Error('unused')),
};
const about = aboutPlugin(tap, settings, '1.2.3');

describe('about', () => {
  it('computes capabilities from the kind and adds those of the plugin, once', () => {
    expect(about.capabilities).toEqual(['catalog', 'discover', 'state', 'about', 'test', 'batch', 'structured-logging']);
    expect(aboutPlugin(target, settings, '1').capabilities).toEqual([
      'about',
      'batch',
      'schema-flattening',
      'structured-logging',
    ]);
  });

  it('prints JSON whose settings are a JSON Schema that takes what the settings take', () => {
    const json = JSON.parse(aboutText(about, 'json')) as { settings: object };
    expect(json).toMatchObject({ name: 'tap-x', description: 'Reads x.', version: '1.2.3', capabilities: about.capabilities });
    const validate = new Ajv({ strict: false }).compile(json.settings);
    expect(validate({ host: 'h', mode: 'exact', files: [{ path: 'a' }], extra: 1, ratio: null })).toBe(true);
    expect(validate({ host: 'h', files: [{}] })).toBe(false);
    expect(validate({ host: 'h', mode: 'slow' })).toBe(false);
    expect(validate({ host: 'h', ratio: -1 })).toBe(false);
    expect(validate({})).toBe(false);
  });

  it.each(['text', 'markdown'] as const)('lists every setting in %s, nested ones too', (format) => {
    const text = aboutText(about, format);
    for (const path of [...Object.keys(settings), 'files[].path']) expect(text).toContain(path);
    expect(text).toContain('always on');
  });

  it.each(['text', 'json', 'markdown'] as const)('shows nothing of a secret in %s', (format) => {
    expect(aboutText(about, format)).not.toMatch(/hunter/);
  });

  it('keeps a table whole when a text holds its separator', () => {
    expect(aboutText(about, 'markdown')).toContain(String.raw`Where \| it is.`);
  });
});

describe('helpText', () => {
  it('lists flags, commands and settings', () => {
    expect(helpText(tap, settings)).toMatch(/--discover[\s\S]+--test\[=KIND\][\s\S]+host +string, required/);
    expect(helpText(target, settings)).toMatch(/target-x state get --config FILE[\s\S]+Prints the state/);
    expect(helpText(target, settings)).not.toContain('--catalog');
  });
});

describe('meltanoPlugins', () => {
  it('has mappers last, so that mappings can follow', () => {
    const mapper = defineMapper({
      name: 'transform-x',
      summary: 'Changes x.',
      settings: {},
      open: () => Promise.reject(new Error('Not to be opened')),
    });
    const text = meltanoPlugins([aboutPlugin(mapper, {}, '1'), about, aboutPlugin(target, { host: settings['host']! }, '1')]);
    expect(text.match(/^ {2}\w+|name: [a-z]+-x/gm)).toEqual([
      '  extractors',
      'name: tap-x',
      '  loaders',
      'name: target-x',
      '  mappers',
      'name: transform-x',
    ]);
  });

  it('writes definitions that Meltano takes', () => {
    expect(meltanoPlugins([about, aboutPlugin(target, { host: settings['host']! }, '1')])).toBe(`plugins:
  extractors:
    - name: tap-x
      namespace: tap_x
      description: "Reads x."
      executable: ./bin/tap-x
      capabilities: [catalog, discover, state, about, test, batch, structured-logging]
      settings:
        - name: host
          kind: string
          description: "Where | it is."
        - name: password
          kind: string
          sensitive: true
          description: "The password."
        - name: mode
          kind: options
          description: "How."
          aliases: [way]
          options:
            - { label: fast, value: fast }
            - { label: exact, value: exact }
        - name: ratio
          kind: string
          description: "A ratio."
        - name: files
          kind: array
          description: "Files: \\"all\\" of them."
        - name: old
          kind: boolean
          description: "Once used."
  loaders:
    - name: target-x
      namespace: target_x
      description: "Writes x."
      executable: ./bin/target-x
      capabilities: [about, batch, schema-flattening, structured-logging]
      settings:
        - name: host
          kind: string
          description: "Where | it is."`);
  });
});
