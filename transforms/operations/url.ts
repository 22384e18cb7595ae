import { defineOperation } from '../operation.ts';
import { canonicalTexts } from '../text-schema.ts';

export default defineOperation({
  name: 'url',
  group: 'contacts',
  summary: 'Checks a web address and writes it in one form: scheme and host in lower case, default ports left out.',
  parameters: {
    schemes: {
      type: ['array', 'string'],
      items: { type: 'string', description: 'A scheme.' },
      default: ['http', 'https'],
      description: 'Schemes that are accepted.',
    },
    default_scheme: {
      type: 'string',
      description: 'Scheme of addresses that have none, such as `www.example.org`. Unset: they are refused.',
      examples: ['https'],
    },
    drop_query: { type: 'boolean', default: false, description: 'Leave out what follows `?`, which may name persons.' },
    drop_fragment: { type: 'boolean', default: false, description: 'Leave out what follows `#`.' },
  },
  examples: [
    { step: 'url', input: ' HTTPS://Example.ORG:443/a?b#c', output: 'https://example.org/a?b#c' },
    {
      step: { url: { default_scheme: 'https', drop_query: true, drop_fragment: true } },
      input: 'www.example.org/a?b#c',
      output: 'https://www.example.org/a',
    },
    { step: 'url', input: 'javascript:alert(1)' },
  ],
  prepare({ default_scheme, drop_fragment, drop_query, schemes }, field) {
    const allowed = new Set([schemes].flat().map((scheme) => `${scheme.toLowerCase()}:`));
    const canonical = (given: string): string | undefined => {
      const text = given.trim();
      const whole = default_scheme !== undefined && !/^[a-z][a-z\d+.-]*:/i.test(text) ? `${default_scheme}://${text}` : text;
      if (!URL.canParse(whole)) return undefined;
      const url = new URL(whole);
      if (!allowed.has(url.protocol)) return undefined;
      if (drop_query) url.search = '';
      if (drop_fragment) url.hash = '';
      return url.href;
    };
    return canonicalTexts(field.schema, canonical, {
      code: 'url',
      what: 'the text is no web address of an accepted scheme',
      format: 'uri',
    });
  },
});
