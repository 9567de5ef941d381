import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Sandbox } from '../holdfast.ts'

const ROOT = join(import.meta.dirname, '../../../..')
const MAIN = join(ROOT, 'packages/cli/src/main.ts')
const STATUS = "await import('@holdfast/operations/status/status')"
const RECORDER = fileURLToPath(new URL('./loaded.ts', import.meta.url))

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await Sandbox.make()
})
afterAll(() => sandbox.remove())

/** The files that Node loads when it runs with these arguments, relative to the root of the workspace. */
async function loadedBy(...args: string[]): Promise<string[]> {
  const file = join(sandbox.folder, `${args.join('-').replaceAll(/\W+/g, '-')}.txt`)
  const env = { ...process.env, LOADED_MODULES: file }
  const recorded = ['--import', RECORDER, ...args]
  await promisify(execFile)(process.execPath, recorded, { env, cwd: join(ROOT, 'packages/cli') }).catch(
    // Other tests check the exit code.
    (error: { code?: unknown }) => expect([1, 2, 3]).toContain(error.code),
  )
  const loaded = (await readFile(file, 'utf8')).trim().split('\n')
  expect(loaded.length).toBeGreaterThan(1)
  return loaded.map((url) => relative(ROOT, fileURLToPath(url)))
}

/** The modules of a data centre: all packages but the command, the library and the gateway. */
const ofDataCentre = (file: string) => /^packages\/(site|agent|local|operations|drill)\//.test(file)

/**
 * Expects modules that hold only the choices of options: constants, and no import but of types, of Node itself, and of
 * modules of this repository, which are loaded too and so expected to be alike.
 */
async function expectOnlyChoices(files: readonly string[]): Promise<void> {
  expect(files.length).toBeGreaterThan(1)
  for (const file of files) {
    const text = await readFile(join(ROOT, file), 'utf8')
    const imports = text.match(/^import (?!type |.* from '(?:node:|@holdfast\/|\.)).*/gm) ?? []
    expect({ file, imports }).toEqual({ file, imports: [] })
  }
}

/** The third-party packages among files. */
const packagesOf = (files: readonly string[]): string[] => [
  ...new Set(files.flatMap((file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? [])),
]

const ofCommander = (file: string) => file.startsWith('node_modules/commander/')
const ofCommand = (file: string) => file.startsWith('packages/cli/')

// INV-CLI-1.
describe('a command loads only the modules that it needs:', () => {
  it.each([[['--version']], [['--help']], [['drill', '--help']], [['completion', 'bash']]])(
    '%j loads only the command line and the choices of its options',
    async (args) => {
      const loaded = await loadedBy(MAIN, ...args)
      await expectOnlyChoices(loaded.filter((file) => !ofCommander(file) && !ofCommand(file)))
    },
  )

  // INV-CLI-2.
  it('a gateway loads nothing of a data centre', async () => {
    const loaded = await loadedBy(MAIN, 'gateway', '--config', '/nowhere')
    expect(loaded).toContain('packages/gateway/src/gateway.ts')
    await expectOnlyChoices(loaded.filter(ofDataCentre))
  })

  const IDENTITY_CLIENTS = ['ldapts', 'openid-client', 'oauth4webapi', 'jose']

  it('a gateway loads no client of a directory or a provider that its configuration does not name', async () => {
    const loaded = await loadedBy(MAIN, 'gateway', '--config', '/nowhere')
    expect(packagesOf(loaded)).toContain('fastify')
    expect(packagesOf(loaded).filter((name) => IDENTITY_CLIENTS.includes(name))).toEqual([])
  })

  it.each([
    [['check', '/nowhere.yaml'], 'packages/site/src/check/check-site.ts'],
    [
      ['init', '/nowhere/holdfast.yaml', '--hosts', '10.1.0.11,10.1.0.12'],
      'packages/site/src/file/compose.ts',
    ],
    [['users', 'list', '--users-file', '/nowhere'], 'packages/gateway/src/users/edit.ts'],
    [['audit', 'verify', '/nowhere'], 'packages/gateway/src/audit/verify.ts'],
  ])('%j loads no client of Redis and no server', async (args, own) => {
    const loaded = await loadedBy(MAIN, ...args)
    expect(loaded).toContain(own)
    const heavy = ['@redis/client', 'fastify', ...IDENTITY_CLIENTS]
    expect(packagesOf(loaded).filter((name) => heavy.includes(name))).toEqual([])
  })

  it.each([
    ['the cluster view of a gateway', ['--input-type=module', '--eval', STATUS]],
    ['`status`', [MAIN, 'status', '--state-dir', '/nowhere']],
  ])('%s loads no supervisor, doctor or drill', async (_, args) => {
    const loaded = await loadedBy(...args)
    expect(loaded).toContain('packages/operations/src/status/status.ts')
    const choices = ['packages/drill/src/faults/targets.ts', 'packages/drill/src/rehearsal/list.ts']
    const heavy =
      /^packages\/(drill\/|operations\/src\/doctor\/|local\/src\/lifecycle\/|local\/src\/supervise\/supervisor)/
    expect(loaded.filter((file) => heavy.test(file) && !choices.includes(file))).toEqual([])
  })
})
