import { childEnvironment } from '../../../src/process/os/child-environment';
import { sessionVariable } from '../../../src/pattern/session-client';

const added = {
  [sessionVariable]: '{"socket":"/s","token":"t0k3n"}',
  OPENAI_API_KEY: 'sk-secret',
  AWS_SECRET_ACCESS_KEY: 'secret',
  NODE_OPTIONS: '--inspect',
  NODE_CHANNEL_FD: '3',
  JEST_WORKER_ID: '1',
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
  CUDA_VISIBLE_DEVICES: '0',
};

beforeEach(() => Object.assign(process.env, added));
afterEach(() => {
  for (const name of Object.keys(added)) delete process.env[name];
});

describe('the environment of a server', () => {
  it('never holds the session’s address, which holds its token', () => {
    const environment = childEnvironment({});
    expect(environment).not.toHaveProperty(sessionVariable);
    expect(JSON.stringify(environment)).not.toContain('t0k3n');
  });

  it('holds no variable that the list does not allow', () => {
    expect(Object.keys(childEnvironment({}))).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/KEY|NODE|JEST|CUDA/)]),
    );
  });

  it('holds what every program needs', () => {
    const environment = childEnvironment({});
    expect(environment).toMatchObject({ PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', TZ: 'UTC' });
  });

  it('holds what the provider names', () => {
    expect(childEnvironment({ passEnv: ['CUDA_VISIBLE_DEVICES', 'NOT_SET'] })).toMatchObject({
      CUDA_VISIBLE_DEVICES: '0',
    });
    expect(childEnvironment({ passEnv: ['NOT_SET'] })).not.toHaveProperty('NOT_SET');
  });

  it('holds the provider’s own values before inherited ones', () => {
    expect(childEnvironment({ env: { TZ: 'Asia/Tokyo', OWN: '1' } })).toMatchObject({
      TZ: 'Asia/Tokyo',
      OWN: '1',
    });
  });
});
