import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Sandbox } from '../../holdfast.ts'

const HOSTS = ['--hosts', '10.1.0.11,10.1.0.12,10.1.0.13']
const ANSWERS = [...HOSTS, '--applications', '10.1.0.21,10.1.0.22', '--engine', 'valkey 8.0']

let sandbox: Sandbox
let good: string

beforeAll(async () => {
  sandbox = await Sandbox.make()
  good = join(sandbox.folder, 'holdfast.yaml')
  expect(await sandbox.run(['init', good, ...ANSWERS])).toMatchObject({ code: 0, stderr: '' })
})
afterAll(() => sandbox.remove())

/** Writes a changed copy of the file in its own folder. */
async function changed(name: string, from: string, to: string): Promise<string> {
  await mkdir(join(sandbox.folder, name))
  const file = join(sandbox.folder, name, 'holdfast.yaml')
  const text = await readFile(good, 'utf8')
  expect(text).toContain(from)
  await writeFile(file, text.replace(from, to))
  return file
}

describe('init writes a file that passes check:', () => {
  it.each<[string, string[]]>([
    ['tls', []],
    ['stunnel', ['--transport', 'stunnel']],
    ['wireguard', ['--transport', 'wireguard', '--data-centre', 'east-2']],
    ['reference timings', ['--timings', 'reference']],
    ['plain, with a reason in quotes', ['--transport', 'plain', '--plain-because', 'it is "ours": a cable']],
  ])('%s', async (name, more) => {
    const folder = join(sandbox.folder, `init ${name}`)
    await mkdir(folder)
    const file = join(folder, 'holdfast.yaml')
    expect(await sandbox.run(['init', file, ...ANSWERS, ...more])).toMatchObject({ code: 0, stderr: '' })
    expect(await sandbox.run(['check', '--strict', file])).toMatchObject({
      code: 0,
      stdout: `${file}: OK\n`,
    })
  })
})

it('check and render report a wrong gateway setting with its line', async () => {
  const settings = 'gateway:\n  metrics: { publik: true }\n'
  const file = await changed('settings', 'timings: fast', `${settings}timings: fast`)
  const line = (await readFile(file, 'utf8')).split('\n').findIndex((text) => text.includes('publik')) + 1
  const { code, stdout } = await sandbox.run(['check', '--json', file])
  expect(code).toBe(1)
  expect(JSON.parse(stdout).findings).toEqual([
    expect.objectContaining({
      rule: 'gateway-settings',
      line,
      message: '`metrics.publik` is not a known key; remove it or check its spelling.',
    }),
  ])
  const rendering = await sandbox.run(['render', file, '--out', join(sandbox.folder, 'rendered')])
  expect(rendering).toMatchObject({ code: 1, stderr: expect.stringContaining('`metrics.publik`') })
})

describe('init', () => {
  it('writes a schema for editors beside the file', async () => {
    const text = await readFile(good, 'utf8')
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=./holdfast.schema.json')
    const schema = JSON.parse(await readFile(join(sandbox.folder, 'holdfast.schema.json'), 'utf8'))
    expect(schema.properties.engine.description).toBe('The engine that stores the tokens.')
  })

  it('replaces a file only with --force', async () => {
    const file = await changed('again', 'timings: fast', 'timings: reference')
    const refused = await sandbox.run(['init', file, ...ANSWERS])
    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('Use --force') })
    expect(await readFile(file, 'utf8')).toContain('timings: reference')
    const forced = await sandbox.run(['init', file, ...ANSWERS, '--force'])
    expect(forced).toMatchObject({ code: 0 })
    const [, kept = ''] = /is kept as (\S+)\./.exec(forced.stdout) ?? []
    expect(await readFile(kept, 'utf8')).toContain('timings: reference')
    expect(await readFile(file, 'utf8')).toContain('timings: fast')
  })

  it('writes no file that breaks a rule', async () => {
    const file = join(sandbox.folder, 'never.yaml')
    const ended = await sandbox.run(['init', file, '--hosts', '10.0.0.1,10.0.0.1', '--applications', 'app'])
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toContain('already has the address 10.0.0.1')
    expect(ended.stderr).toContain('"app" is not an IPv4 or IPv6 address')
    await expect(readFile(file)).rejects.toThrow('ENOENT')
  })

  it.each<[string, string[], string]>([
    ['asks questions only at a terminal', [], 'There is no terminal to ask at'],
    ['requires the applications with the hosts', HOSTS, '--hosts needs --applications'],
    ['refuses an unknown engine', [...ANSWERS, '--engine', 'redis 6'], '--engine must be one of redis 7.0'],
    ['requires a reason for plain', [...ANSWERS, '--transport', 'plain'], '`plainBecause` gives no reason'],
  ])('%s', async (_, args, words) => {
    const ended = await sandbox.run(['init', join(sandbox.folder, 'never.yaml'), ...args])
    expect(ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(words) })
  })
})

describe('check', () => {
  it('prints position, severity, rule, reason and fix', async () => {
    const file = await changed('mongodb', '10.1.0.12, runs: [redis', '10.1.0.12, runs: [mongodb, redis')
    const ended = await sandbox.run(['check', file])
    expect(ended).toMatchObject({ code: 1, stderr: '' })
    expect(ended.stdout.split('\n')).toEqual([
      `${file}:35:57 error mongodb-beside-redis dc1-redis-2 runs MongoDB beside Redis or Sentinel.`,
      expect.stringMatching(/^ {2}why: MongoDB uses much memory/),
      expect.stringMatching(/^ {2}fix: Move MongoDB/),
      `${file}: 1 error.`,
      '',
    ])
  })

  it('fails for a warning only with --strict', async () => {
    const file = await changed('rabbitmq', '10.1.0.12, runs: [redis', '10.1.0.12, runs: [rabbitmq, redis')
    expect(await sandbox.run(['check', file])).toMatchObject({ code: 0 })
    expect(await sandbox.run(['check', '--strict', file])).toMatchObject({ code: 1 })
  })

  it('prints the findings as JSON', async () => {
    const file = await changed('json', 'engine:', 'engin:')
    expect(await sandbox.json(['check', file])).toMatchObject({
      file,
      ok: false,
      findings: [
        { rule: 'shape', severity: 'error', path: [], line: 4 },
        { rule: 'shape', severity: 'error', path: ['engin'], line: 7, column: 1, endColumn: 6 },
      ],
    })
  })

  it('prints the findings as SARIF 2.1.0', async () => {
    const file = await changed(
      'sarif',
      'timings: fast',
      'timings: { downAfterMs: 900, failoverTimeoutMs: 6000 }',
    )
    const { code, stdout } = await sandbox.run(['check', '--sarif', file])
    const log = JSON.parse(stdout)
    const [run] = log.runs
    expect(code).toBe(0)
    expect(log.version).toBe('2.1.0')
    expect(run.results).toMatchObject([
      {
        ruleId: 'down-after-too-short',
        level: 'warning',
        locations: [{ physicalLocation: { region: { startLine: 13, startColumn: 25, endColumn: 28 } } }],
      },
    ])
    expect(run.tool.driver.rules[run.results[0].ruleIndex].id).toBe('down-after-too-short')
  })

  it('prints no secret in any format', async () => {
    const file = await changed('secret', 'engine:', 'password: *hunter2\nmasterauth: hunter2\nengine:')
    for (const form of [[], ['--json'], ['--sarif']]) {
      const { stdout, stderr } = await sandbox.run(['check', file, ...form])
      expect(stdout + stderr).toContain('may contain a secret')
      expect(stdout + stderr).not.toContain('hunter2')
    }
  })

  // INV-CLI-4.
  it('prints no control characters of the file', async () => {
    const file = await changed('escape', 'name: dc1-redis-2', 'name: "\\e[2Jx"')
    const { stdout } = await sandbox.run(['check', file])
    expect(stdout).toContain('host-name')
    expect(stdout).not.toContain('\u001b')
  })

  it('explains a rule', async () => {
    const ended = await sandbox.run(['check', '--explain', 'three-redis'])
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(ended.stdout).toMatch(
      /^three-redis error\n {2}what: .*\n {2}why: .*\n {2}fix: .*\n {2}from: .*\n$/,
    )
  })

  it.each<[string, string[], string]>([
    ['a file that is missing', ['/nowhere.yaml'], '/nowhere.yaml does not exist'],
    ['a folder', ['/tmp'], '/tmp is a folder'],
    ['an unknown rule', ['--explain', 'three-reds'], 'Did you mean three-redis?'],
    ['two forms at once', ['--json', '--sarif'], 'Give --json or --sarif, not both'],
  ])('refuses %s', async (_, args, words) => {
    const ended = await sandbox.run(['check', ...args])
    expect(ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(words) })
  })
})
