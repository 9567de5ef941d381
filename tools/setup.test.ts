import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { firstDifference } from './setup/dependencies.mjs'
import { withLock } from './setup/lock.mjs'
import { findProgram, programFolders } from './setup/run.mjs'
import {
  commandLine,
  missingPrograms,
  missingTestPrograms,
  packageManager,
} from './setup/system-packages.mjs'

const everythingExists = () => true

describe('npm packages', () => {
  const wanted = {
    '': { name: 'workspace' },
    'packages/cli': { version: '0.1.0' },
    'node_modules/zod': { version: '4.0.0', integrity: 'sha512-a' },
    'node_modules/@x/darwin': { version: '1.0.0', integrity: 'sha512-b', optional: true },
  }
  const zod = wanted['node_modules/zod']

  it('are complete when the ones for this platform are there', () => {
    expect(firstDifference(wanted, { 'node_modules/zod': zod }, everythingExists)).toBeNull()
  })

  it('are incomplete when one is not recorded, or its folder is gone', () => {
    expect(firstDifference(wanted, {}, everythingExists)).toMatch('zod is missing')
    expect(firstDifference(wanted, { 'node_modules/zod': zod }, () => false)).toMatch('zod is missing')
  })

  it('are out of date when a version or a content differs', () => {
    for (const change of [{ version: '4.0.1' }, { integrity: 'sha512-z' }]) {
      const installed = { 'node_modules/zod': { ...zod, ...change } }
      expect(firstDifference(wanted, installed, everythingExists)).toMatch('zod is not the one')
    }
  })
})

describe('system programs', () => {
  const only =
    (...names: string[]) =>
    (name: string) =>
      names.includes(name) ? `/bin/${name}` : null

  it('are found in the sbin folders that a user does not have in PATH', () => {
    expect(programFolders('/home/me/bin')).toEqual(['/home/me/bin', '/usr/local/sbin', '/usr/sbin', '/sbin'])
    expect(findProgram('sh')).toMatch(/\/sh$/)
    expect(findProgram('no-such-program-anywhere')).toBeNull()
  })

  it('that are missing are named in the line that a person should type', () => {
    const missing = missingPrograms(only('openssl'))
    expect(commandLine('apt', missing)).toBe(
      'sudo apt-get update && sudo apt-get install -y redis-server haproxy',
    )
    expect(commandLine('dnf', missing)).toBe('sudo dnf install -y redis haproxy')
    expect(commandLine('brew', missing)).toBe('brew install redis haproxy')
  })

  it('that only tests need are named apart', () => {
    const missing = missingTestPrograms(only('nft', 'ip'))
    expect(missing.map(({ program }) => program)).toContain('spin')
    expect(missing.map(({ program }) => program)).not.toContain('nft')
  })

  it('are missing too if the program is there and its library is not', () => {
    const missing = (exists: () => boolean) =>
      missingTestPrograms(everythingExists, exists).map(({ program }) => program)
    expect(missing(() => false)).toEqual(['python3'])
    expect(missing(everythingExists)).toEqual([])
  })

  it('come through the package manager that is there', () => {
    expect(packageManager(only('apt-get'))).toBe('apt')
    expect(packageManager(only('dnf'))).toBe('dnf')
    expect(packageManager(only('brew'))).toBe('brew')
    expect(packageManager(only())).toBeNull()
  })
})

describe('the lock', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-setup-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('lets one set-up work at a time and leaves nothing behind', async () => {
    const file = join(folder, 'state', 'setup.lock')
    const events: string[] = []
    const work = (name: string) => async () => {
      events.push(`${name} starts`)
      await new Promise((resolve) => setTimeout(resolve, 50))
      events.push(`${name} ends`)
    }
    const said: string[] = []
    await Promise.all(['a', 'b'].map((name) => withLock(file, (line: string) => said.push(line), work(name))))
    expect(events).toEqual(['a starts', 'a ends', 'b starts', 'b ends'])
    expect(said).toHaveLength(1)
    expect(await readdir(join(folder, 'state'))).toEqual([])
  })

  it('of a process that died is taken over', async () => {
    const file = join(folder, 'setup.lock')
    const { pid } = await new Promise<{ pid: number }>((resolve) => {
      const child = execFile('true', () => resolve({ pid: child.pid ?? 0 }))
    })
    const left = [
      { id: 'a', pid },
      // A later process has the same number.
      { id: 'b', pid: process.pid, started: 'another boot/1' },
    ].map((holder) => JSON.stringify(holder))
    for (const text of [...left, '']) {
      await writeFile(file, text)
      const done = withLock(
        file,
        () => {},
        async () => 'done',
      )
      expect(await done).toBe('done')
      expect(await readdir(folder)).toEqual([])
    }
  })
})

it('the set-up prints nothing when nothing is missing', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    join(import.meta.dirname, 'setup.mjs'),
  ])
  expect(stdout).toBe('')
  expect(stderr).toBe('')
})
