import { describe, expect, it } from 'vitest';
import { remedyOf, sqlState, systemError } from '../../../../clients/postgres/errors.ts';
import { ConfigError } from '../../../../singer/index.ts';

const server = (code: string, more: object = {}): Error =>
  Object.assign(new Error('the value "s3cret" is bad'), { code, ...more });

describe('errors of the server and the socket', () => {
  it.each([
    ['40P01', 'retry', 'deadlock'],
    ['40001', 'retry', 'serialization'],
    ['55P03', 'retry', 'lock-timeout'],
    ['57P01', 'reconnect', 'server-unavailable'],
    ['57P03', 'reconnect', 'server-unavailable'],
    ['08006', 'reconnect', 'connection-lost'],
    ['ECONNRESET', 'reconnect', 'connection-lost'],
    ['EPIPE', 'reconnect', 'connection-lost'],
    ['42P01', 'stale', 'table-missing'],
    ['42P07', 'stale', 'table-race'],
    ['57014', 'fail', 'statement-timeout'],
    ['53100', 'fail', 'disk-full'],
    ['42501', 'fail', 'permission-denied'],
    ['28P01', 'fail', 'login-refused'],
    ['3D000', 'fail', 'database-missing'],
    ['22P02', 'fail', 'value-refused'],
    ['42704', 'fail', 'object-missing'],
    ['P0001', 'fail', 'raised'],
    ['22P05', 'fail', 'character-refused'],
    ['23505', 'fail', 'duplicate-key'],
    ['54000', 'fail', 'value-too-large'],
    ['54001', 'fail', 'value-too-large'],
    ['54011', 'fail', 'too-many-columns'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'fail', 'tls'],
    ['99999', 'fail', 'postgres'],
  ])('%s means %s', (code, remedy, ours) => {
    expect(remedyOf(server(code))).toBe(remedy);
    expect(systemError(server(code))).toMatchObject({ code: ours, exitCode: 1, hint: expect.stringMatching(/./) });
  });

  it('know the driver’s own words for a lost connection', () => {
    expect(remedyOf(new Error('Connection terminated unexpectedly'))).toBe('reconnect');
    expect(remedyOf(new Error('something else'))).toBe('fail');
  });

  it.each(['22P02', '22003', '23505', '23514', 'P0001', 'XX000'])(
    'say the state and never the message of %s, which quotes data',
    (code) => {
      const error = systemError(
        server(code, { detail: 'Key (id)=(s3cret) exists', where: 'COPY t, line 12, column a b: "s3cret"', table: 't' }),
      );
      expect(JSON.stringify(error) + error.message + String(error.cause)).not.toContain('s3cret');
      expect(error.facts).toEqual({ sqlstate: code, table: 't', row: 12, column: 'a b' });
    },
  );

  it('tell a row without a partition from one that breaks a constraint', () => {
    expect(systemError(server('23514', { table: 't' })).code).toBe('no-partition');
    expect(systemError(server('23514', { table: 't', constraint: 'c' })).code).toBe('constraint');
  });

  it('leave our own errors as they are', () => {
    const own = new ConfigError([{ path: 'x', message: 'y' }]);
    expect(systemError(own)).toBe(own);
    expect(remedyOf(own)).toBe('fail');
  });

  it('tell SQLSTATEs from the codes of sockets', () => {
    expect(sqlState(server('23505'))).toBe('23505');
    expect(sqlState(server('EPIPE'))).toBeUndefined();
    expect(sqlState(new Error('x'))).toBeUndefined();
    expect(sqlState(undefined)).toBeUndefined();
  });
});
