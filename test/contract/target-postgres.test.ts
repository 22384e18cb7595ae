import { expect, test } from 'vitest';
import { runLab } from '../../check/index.ts';
import { describeWithPostgres } from '../support/postgres.ts';
import { proveGolden, proveRecorded } from './golden.ts';
import { prove } from './prove.ts';
import { targetPostgres } from './subjects/target-postgres.ts';

describeWithPostgres('target-postgres', (url) => {
  prove(targetPostgres(url));

  test('[173] nested settings are taken as objects and by dots', async () => {
    await runLab(targetPostgres(url), async (lab) => {
      const { config } = await lab.destination();
      for (const tunnel of [{ ssh_tunnel: { enable: true } }, { 'ssh_tunnel.enable': true }]) {
        const ran = await lab.run({ config: { ...config, ...tunnel }, open: true });
        expect(ran.code).toBe(2);
        expect(ran.stderr).toContain('ssh_tunnel.enable');
      }
      for (const tunnel of [{ ssh_tunnel: { enable: false } }, { 'ssh_tunnel.enable': false }]) {
        const ran = await lab.run({ config: { ...config, ...tunnel } });
        expect(ran.code, ran.stderr).toBe(0);
        expect(ran.stderr).not.toContain('ssh_tunnel');
      }
    });
  });
});
describeWithPostgres('target-postgres, sample streams [184]', (url) => proveGolden(targetPostgres(url)));
describeWithPostgres('target-postgres, recorded streams [182]', (url) => proveRecorded(targetPostgres(url)));
