import { describe } from 'vitest';
import { prove } from './prove.ts';
import { tapGithub } from './subjects/tap-github.ts';

describe('tap-github', () => {
  prove(tapGithub());
});
