import { describe, expect, it } from 'vitest';
import { ClickmaskError } from '../../../errors/index.js';
import { type Command, defineCommand, type Given, type Program, runProgram, UsageError } from './index.js';

let given: Given;
let fails: Error | undefined;
const draw = defineCommand({
  name: 'draw',
  summary: 'Draws.',
  args: { usage: '<image>', expected: 'one image', min: 1, max: 1 },
  options: {
    click: { type: 'texts', value: 'X,Y', help: 'A click.' },
    port: { type: 'whole', max: 65_535, default: 9090, env: ['DRAW_PORT'], help: 'Port.' },
    detail: { type: 'number', max: 1, also: 'fineness', help: 'Detail.' },
    shift: { type: 'number', min: -10, max: 10, help: 'Shift.' },
    kind: { type: 'text', choices: ['mask', 'box'], help: 'Kind.' },
    labels: { type: 'list', env: ['DRAW_LABELS'], help: 'Labels.' },
    quiet: { type: 'switch', env: ['DRAW_QUIET'], help: 'Says nothing.' },
  },
  examples: ['demo draw photo.jpg'],
  async run(found) {
    given = found;
    if (fails !== undefined) throw fails;
    return undefined;
  },
});
const send = defineCommand({
  name: 'send',
  summary: 'Sends.',
  options: { url: { type: 'text', required: true, env: ['SEND_URL'], help: 'Where to.' } },
  examples: ['demo send --url x'],
  run: async ({ values }) => values.url.length,
});
const program: Program = { name: 'demo', summary: 'Demonstrates.', commands: [draw, send], version: () => '1.2.3' };

async function call(args: readonly string[], env: NodeJS.ProcessEnv = {}, of = program) {
  let [out, err] = ['', ''];
  const code = await runProgram(of, args, {
    env,
    out: (text) => {
      out += String(text);
    },
    err: (text) => {
      err += text;
    },
    status: () => {},
    isScreen: false,
    stopped: async () => {},
  });
  return { code, out, err };
}

describe('a program', () => {
  it('tells its version and its commands', async () => {
    for (const flag of ['--version', '-v', '-V'])
      expect(await call([flag])).toEqual({ code: 0, out: '1.2.3\n', err: '' });
    for (const flag of ['--help', '-h', 'help']) {
      expect(await call([flag])).toEqual({ code: 0, out: expect.stringMatching(/draw.*send.*Examples:/s), err: '' });
    }
    expect(await call([])).toEqual({ code: 2, out: '', err: expect.stringContaining('Usage: demo') });
  });

  it('explains a command wherever help is asked for', async () => {
    for (const args of [
      ['help', 'draw'],
      ['draw', '--help'],
      ['draw', 'x', '--port', '1', '-h'],
    ]) {
      const { code, out } = await call(args);
      expect(code).toBe(0);
      expect(out).toMatch(/Usage: demo draw <image> \[options\].*--port N .*default 9090; DRAW_PORT.*Examples:/s);
      expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    }
  });

  it('loads no command but the one that is asked for, and all for its help', async () => {
    const loaded: string[] = [];
    const later = (command: Command) => ({
      name: command.name,
      load: async () => {
        loaded.push(command.name);
        return command;
      },
    });
    const of = { ...program, commands: [draw, send].map((command) => later(command as Command)) };
    expect((await call(['send', '--url', 'abc'], {}, of)).code).toBe(3);
    expect((await call(['sand'], {}, of)).err).toContain('Commands: draw, send.');
    expect(loaded).toEqual(['send']);
    expect((await call(['--help'], {}, of)).out).toBe((await call(['--help'])).out);
  });

  it('takes its fallback where no command is named', async () => {
    const of = { ...program, fallback: send };
    expect((await call(['--url', 'abc'], {}, of)).code).toBe(3);
    expect((await call([], { SEND_URL: 'ab' }, of)).code).toBe(2);
    expect((await call(['draw', 'x'], {}, of)).code).toBe(0);
    expect((await call(['drow', 'x'], {}, of)).code).toBe(2);
  });

  it('ends with 1 for what fails, with 2 for what was asked wrongly, without a stack', async () => {
    const cases: readonly (readonly [Error, number, RegExp])[] = [
      [new Error('It broke.'), 1, /^demo draw: It broke\.\n?$/],
      [new ClickmaskError('bad-image', 'No image.'), 1, /No image/],
      [new ClickmaskError('bad-click', 'Outside.'), 2, /Outside\.\n?See 'demo draw --help'/],
      [new UsageError('Not so.'), 2, /Not so/],
      [
        Object.assign(new Error('listen'), { code: 'EADDRINUSE', port: 80 }),
        1,
        /Another program already listens on port 80/,
      ],
      [Object.assign(new Error('listen'), { code: 'EACCES', port: 80 }), 1, /may not listen on port 80/],
      [
        Object.assign(new Error('open'), { code: 'ENOENT', path: '/x.jpg' }),
        1,
        /Cannot read '\/x\.jpg': there is no such file/,
      ],
      [
        Object.assign(new Error('open'), { code: 'ENOENT', path: '/no/such/x.png' }),
        1,
        /Cannot open '\/no\/such\/x\.png': there is no folder '\/no\/such'\./,
      ],
      [Object.assign(new Error('read'), { code: 'EISDIR', path: '/x' }), 1, /Cannot read '\/x': it is a folder/],
    ];
    for (const [error, code, message] of cases) {
      fails = error;
      expect(await call(['draw', 'x'])).toEqual({ code, out: '', err: expect.stringMatching(message) });
    }
    fails = undefined;
  });
});

describe('options', () => {
  it('are read by type', async () => {
    const args = ['--click', '1,2', 'a.jpg', '--click=3,4,-', '--fineness', '0.5', '--labels', 'cat, dog', '--quiet'];
    expect((await call(['draw', ...args])).code).toBe(0);
    expect(given.args).toEqual(['a.jpg']);
    expect(given.values).toEqual({
      click: ['1,2', '3,4,-'],
      port: 9090,
      detail: 0.5,
      shift: undefined,
      kind: undefined,
      labels: ['cat', 'dog'],
      quiet: true,
    });
  });

  it('take values that begin with a minus', async () => {
    await call(['draw', 'x', '--click', '-5,1', '--click', '-.5,-2', '--shift', '-3']);
    expect(given.values).toMatchObject({ click: ['-5,1', '-.5,-2'], shift: -3 });
  });

  it('come from the environment where they are not given', async () => {
    await call(['draw', 'x'], { DRAW_PORT: '80', DRAW_LABELS: 'a,b', DRAW_QUIET: 'true' });
    expect(given.values).toMatchObject({ port: 80, labels: ['a', 'b'], quiet: true });
    await call(['draw', 'x', '--port', '81'], { DRAW_PORT: '80', DRAW_LABELS: '', DRAW_QUIET: '0' });
    expect(given.values).toMatchObject({ port: 81, labels: [], quiet: false });
  });

  it.each<[readonly string[], RegExp, NodeJS.ProcessEnv?]>([
    [['draw'], /Expected one image but received nothing/],
    [['draw', 'a', 'b'], /Expected one image but received 'b' too/],
    [['send', 'a', '--url', 'x'], /Expected options only but received 'a'/],
    [['draw', 'x', '--clik', '1,2'], /Unknown option '--clik'/],
    [['draw', 'x', '-q'], /Unknown option '-q'/],
    [['draw', 'x', '--quiet=3'], /--quiet/],
    [['draw', 'x', '--click'], /--click/],
    [['draw', 'x', '--click', '--quiet'], /--click/],
    [['draw', 'x', '--port', '80.5'], /Expected a whole number from 0 to 65535 for --port but received '80\.5'/],
    [['draw', 'x', '--port', '-1'], /from 0 to 65535/],
    [['draw', 'x', '--port', '65536'], /from 0 to 65535/],
    [['draw', 'x', '--port', 'http'], /whole number/],
    [['draw', 'x', '--port', ''], /--port/],
    [['draw', 'x', '--port', 'NaN'], /--port/],
    [['draw', 'x', '--port', '8 0'], /--port/],
    [['draw', 'x'], /for DRAW_PORT but received 'web'/, { DRAW_PORT: 'web' }],
    [['draw', 'x'], /for DRAW_QUIET but received 'maybe'/, { DRAW_QUIET: 'maybe' }],
    [['draw', 'x', '--fineness', '2'], /for --fineness/],
    [['draw', 'x', '--kind', 'dot'], /Expected one of mask, box for --kind but received 'dot'/],
    [['send'], /Expected --url \(or SEND_URL\)\. Where to\./],
    [['sing'], /no command 'sing'\. Commands: draw, send/],
    [['toString'], /no command/],
  ])('that make no sense are refused: %j', async (args, message, env = {}) => {
    const { code, out, err } = await call(args, env);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(message);
    expect(err).toMatch(/See 'demo/);
  });
});
