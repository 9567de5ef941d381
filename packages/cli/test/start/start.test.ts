import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Sandbox } from '../holdfast.ts'

const ROOT = join(import.meta.dirname, '../../../..')
const MAIN = join(ROOT, 'packages/cli/src/main.ts')
const WORDS = 'packages/cluster/src/words.ts'
const STATUS = "await import('@holdfast/cluster/status')"
const RECORDER = fileURLToPath(new URL('./loaded.ts', import.meta.url))

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await Sandbox.make()
})
afterAll(() => sandbox.remove())

/** The files that Node loads when it runs with these arguments, however it ends, from the root of the workspace. */
async function loadedBy(...args: string[]): Promise<string[]> {
  const file = join(sandbox.folder, `${args.join('-').replaceAll(/\W+/g, '-')}.txt`)
  const env = { ...process.env, LOADED_MODULES: file }
  const recorded = ['--import', RECORDER, ...args]
  await promisify(execFile)(process.execPath, recorded, { env, cwd: join(ROOT, 'packages/cli') }).catch(
    // How it ends is another test's matter.
    (error: { code?: unknown }) => expect([1, 2, 3]).toContain(error.code),
  )
  const loaded = (await readFile(file, 'utf8')).trim().split('\n')
  expect(loaded.length).toBeGreaterThan(1)
  return loaded.map((url) => relative(ROOT, fileURLToPath(url)))
}

/** The constants of the cluster that options and completions name, and nothing that uses them. */
async function words(): Promise<string[]> {
  const text = await readFile(join(ROOT, WORDS), 'utf8')
  const files = [...text.matchAll(/from '\.\/(.*)'/g)].map(([, file]) => `packages/cluster/src/${file}`)
  expect(files.length).toBeGreaterThan(1)
  return [WORDS, ...files]
}

/** The packages of others among files. */
const packagesOf = (files: readonly string[]): string[] => [
  ...new Set(files.flatMap((file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? [])),
]

const ofCommander = (file: string) => file.startsWith('node_modules/commander/')
const ofCommand = (file: string) => file.startsWith('packages/cli/')

// INV-CLI-1.
describe('what a command does not need is not loaded:', () => {
  it.each([[['--version']], [['--help']], [['drill', '--help']], [['completion', 'bash']]])(
    '%j loads the command line and the words of its options alone',
    async (args) => {
      const loaded = await loadedBy(MAIN, ...args)
      const others = loaded.filter((file) => !ofCommander(file) && !ofCommand(file))
      expect(others.sort()).toEqual((await words()).sort())
    },
  )

  // INV-CLI-2.
  it('a gateway loads nothing of a data centre', async () => {
    const loaded = await loadedBy(MAIN, 'gateway', '--config', '/nowhere')
    expect(loaded).toContain('packages/gateway/src/gateway.ts')
    const ofCluster = loaded.filter((file) => file.startsWith('packages/cluster/'))
    expect(ofCluster.sort()).toEqual((await words()).sort())
  })

  const WHO_IS_WHO = ['ldapts', 'openid-client', 'oauth4webapi', 'jose']

  it('nor a client of a directory or a provider that its configuration does not name', async () => {
    const loaded = await loadedBy(MAIN, 'gateway', '--config', '/nowhere')
    expect(packagesOf(loaded)).toContain('fastify')
    expect(packagesOf(loaded).filter((name) => WHO_IS_WHO.includes(name))).toEqual([])
  })

  it.each([
    [['check', '/nowhere.yaml'], 'packages/cluster/src/check/check-site.ts'],
    [
      ['init', '/nowhere/holdfast.yaml', '--hosts', '10.1.0.11,10.1.0.12'],
      'packages/cluster/src/site/compose.ts',
    ],
    [['users', 'list', '--file', '/nowhere'], 'packages/gateway/src/users/edit.ts'],
    [['audit', 'verify', '/nowhere'], 'packages/gateway/src/audit/verify.ts'],
  ])(
    '%j, which asks no data centre and serves nobody, loads no client of Redis and no server',
    async (args, own) => {
      const loaded = await loadedBy(MAIN, ...args)
      expect(loaded).toContain(own)
      const heavy = ['@redis/client', 'fastify', ...WHO_IS_WHO]
      expect(packagesOf(loaded).filter((name) => heavy.includes(name))).toEqual([])
    },
  )

  it.each([
    ['and what a gateway shows administrators', ['--input-type=module', '--eval', STATUS]],
    ['and `status`', [MAIN, 'status', '--state-dir', '/nowhere']],
  ])('%s of a data centre loads no supervisor, doctor or drill', async (_, args) => {
    const loaded = await loadedBy(...args)
    expect(loaded).toContain('packages/cluster/src/operate/status/status.ts')
    const ofOptions = await words()
    const parts = loaded.filter((file) => /^packages\/cluster\/src\/(supervise|doctor|drill)\//.test(file))
    expect(parts.filter((file) => !ofOptions.includes(file))).toEqual([])
  })
})
