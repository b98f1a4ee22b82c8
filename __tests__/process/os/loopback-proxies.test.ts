import { childEnvironment } from '../../../src/process/os/child-environment';
import { loopbackExceptions } from '../../../src/process/os/loopback-proxies';

const proxy = 'http://proxy.example:3128';
const local = 'localhost,127.0.0.1,::1,[::1]';

describe('the variables that keep talk with this machine from a proxy', () => {
  it.each(['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy'])(
    'are both names where %s is set, since some programs know one of them alone',
    (name) => {
      expect(loopbackExceptions({ [name]: proxy })).toEqual({ no_proxy: local, NO_PROXY: local });
    },
  );

  it.each([
    ['there is no proxy', { NO_PROXY: 'a.example', PATH: '/bin' }],
    ['its variable is empty', { HTTP_PROXY: '' }],
    ['no host has a proxy', { HTTP_PROXY: proxy, NO_PROXY: '*' }],
    ['they say so already', { HTTP_PROXY: proxy, NO_PROXY: `${local},a.example` }],
  ])('are left alone where %s', (_when, env) => {
    expect(loopbackExceptions(env)).toEqual({});
  });

  it.each([
    [{ NO_PROXY: 'a.example b.example' }, { NO_PROXY: `a.example,b.example,${local}` }],
    [{ no_proxy: 'a.example' }, { no_proxy: `a.example,${local}` }],
    [
      { no_proxy: 'a.example', NO_PROXY: 'b.example' },
      { no_proxy: `a.example,${local}`, NO_PROXY: `b.example,${local}` },
    ],
    [
      { no_proxy: '', NO_PROXY: 'b.example' },
      { no_proxy: `b.example,${local}`, NO_PROXY: `b.example,${local}` },
    ],
    [{ NO_PROXY: 'localhost' }, { NO_PROXY: 'localhost,127.0.0.1,::1,[::1]' }],
  ])('keep what %j has', (given, added) => {
    expect(loopbackExceptions({ HTTP_PROXY: proxy, ...given })).toEqual(added);
  });

  it('are in the environment of a server that a proxy is passed to, and of no other', () => {
    process.env['HTTP_PROXY'] = proxy;
    try {
      expect(childEnvironment({ passEnv: ['HTTP_PROXY'] })).toMatchObject({
        NO_PROXY: local,
        no_proxy: local,
      });
      expect(childEnvironment({ env: { ALL_PROXY: proxy, NO_PROXY: 'a.example' } })['NO_PROXY']).toBe(
        `a.example,${local}`,
      );
      expect(childEnvironment({})).not.toHaveProperty('NO_PROXY');
    } finally {
      delete process.env['HTTP_PROXY'];
    }
  });
});
