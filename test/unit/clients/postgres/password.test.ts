import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { matchPassFile, passwordFor } from '../../../../clients/postgres/password.ts';

const login = { host: 'db.example.com', port: 5432, database: 'warehouse', user: 'loader' };

describe('the password', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'password-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is the configured one before any other', async () => {
    expect(await passwordFor(login, { password: '', file: '/nowhere' }, { PGPASSWORD: 'x' })).toBe('');
  });

  it('is the content of a file without its final newline', async () => {
    const file = join(folder, 'secret');
    await writeFile(file, ' s3cret \n');
    expect(await passwordFor(login, { file }, {})).toBe(' s3cret ');
  });

  it('is the value of a variable', async () => {
    expect(await passwordFor(login, { env: 'DB_PASS' }, { DB_PASS: 's3cret' })).toBe('s3cret');
    await expect(passwordFor(login, { env: 'DB_PASS' }, {})).rejects.toMatchObject({
      code: 'password-source',
      message: expect.stringContaining('DB_PASS'),
    });
  });

  it('is what a program prints, run without a shell', async () => {
    const command = [process.execPath, '-e', 'console.log(process.argv[1])', 's3cret; echo $HOME'];
    expect(await passwordFor(login, { command }, {})).toBe('s3cret; echo $HOME');
  });

  it('is not shown when its program fails', async () => {
    const command = [process.execPath, '-e', 'console.log("s3cret"); console.error("s3cret"); process.exit(3)', 's3cret'];
    const failed = passwordFor(login, { command }, {});
    await expect(failed).rejects.toMatchObject({ code: 'password-source' });
    await expect(
      failed.catch((error: Error) => JSON.stringify(error) + error.message + String(error.cause)),
    ).resolves.not.toContain('s3cret');
    await expect(passwordFor(login, { command: ['/nowhere/program'] }, {})).rejects.toThrow('ENOENT');
  });

  it('comes from the environment, then from the password file if that is ours alone', async () => {
    const file = join(folder, 'pgpass');
    await writeFile(file, 'db.example.com:5432:*:loader:filed\n', { mode: 0o600 });
    expect(await passwordFor(login, {}, { PGPASSWORD: 'given', PGPASSFILE: file })).toBe('given');
    expect(await passwordFor(login, {}, { PGPASSFILE: file })).toBe('filed');
    const open = join(folder, 'open');
    await writeFile(open, 'db.example.com:5432:*:loader:filed\n', { mode: 0o644 });
    await expect(passwordFor(login, {}, { PGPASSFILE: open })).rejects.toMatchObject({ code: 'password-missing' });
  });

  it.each([
    ['*:*:*:*:any', 'any'],
    ['db.example.com:5432:warehouse:loader:pa:ss', 'pa:ss'],
    [String.raw`db.example.com:5432:warehouse:loader:p\:a\\ss`, String.raw`p:a\ss`],
    ['# *:*:*:*:comment', undefined],
    ['db.example.com:5433:*:*:port', undefined],
    ['too:few:fields', undefined],
    ['other:*:*:*:no\n\n*:*:*:loader:second\n*:*:*:*:third', 'second'],
  ])('of the password file %j is %j', (text, wanted) => {
    expect(matchPassFile(text, login)).toBe(wanted);
  });

  it('of a socket is filed under localhost', () => {
    expect(matchPassFile('localhost:*:*:*:local', { ...login, host: '/run/postgresql' })).toBe('local');
  });
});
