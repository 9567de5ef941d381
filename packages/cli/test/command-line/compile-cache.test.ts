import { execFile } from 'node:child_process'
import { chmod, chown, mkdir, readdir, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { privateFolder } from '../../src/command-line/compile-cache.ts'
import { Sandbox } from '../holdfast.ts'

const MAIN = join(import.meta.dirname, '../../src/main.ts')
const isRoot = process.geteuid?.() === 0

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await Sandbox.make()
})
afterAll(() => sandbox.remove())

/** Creates a folder with this mode. */
async function folder(name: string, mode = 0o700): Promise<string> {
  const path = join(sandbox.folder, name)
  await mkdir(path)
  await chmod(path, mode)
  return path
}

describe('the compile cache', () => {
  async function version(caches: string, more: NodeJS.ProcessEnv = {}): Promise<void> {
    const { NODE_COMPILE_CACHE: _, ...others } = process.env
    const env = { ...others, XDG_CACHE_HOME: caches, ...more }
    const { stdout } = await promisify(execFile)(process.execPath, [MAIN, '--version'], { env })
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  }

  it('is in the cache folder of the user, where no other user can write', async () => {
    const caches = await folder('caches')
    await version(caches)
    const kept = join(caches, 'holdfast/compiled')
    expect((await stat(kept)).mode & 0o777).toBe(0o700)
    const [ofThisNode = ''] = await readdir(kept)
    expect((await readdir(join(kept, ofThisNode))).length).toBeGreaterThan(1)
  })

  it('is in the folder of NODE_COMPILE_CACHE if it is set', async () => {
    const caches = await folder('unused-caches')
    const asked = await folder('asked')
    await version(caches, { NODE_COMPILE_CACHE: asked })
    expect(await readdir(caches)).toEqual([])
    expect(await readdir(asked)).toHaveLength(1)
  })

  it('is off with NODE_DISABLE_COMPILE_CACHE', async () => {
    const caches = await folder('empty-caches')
    await version(caches, { NODE_DISABLE_COMPILE_CACHE: '1' })
    expect(await readdir(caches)).toEqual([])
  })

  it('is off where nothing can be written, and the command still works', async () => {
    await version('/proc')
  })
})

describe('privateFolder', () => {
  it('creates the folder and its missing parents', async () => {
    const path = join(await folder('fresh'), 'a/b')
    expect(privateFolder(path)).toBe(path)
    expect((await stat(path)).mode & 0o777).toBe(0o700)
  })

  it('accepts a parent with the sticky bit', async () => {
    const path = join(await folder('sticky', 0o1777), 'a')
    expect(privateFolder(path)).toBe(path)
  })

  it('returns the real path of a symbolic link', async () => {
    const target = await folder('target')
    await symlink(target, join(sandbox.folder, 'link'))
    expect(privateFolder(join(sandbox.folder, 'link'))).toBe(target)
  })

  // INV-CLI-3.
  it('refuses a folder that others may write to, and one below it', async () => {
    const shared = await folder('shared', 0o777)
    const sticky = await folder('all-may-add', 0o1777)
    expect(privateFolder(shared)).toBeNull()
    expect(privateFolder(sticky)).toBeNull()
    expect(privateFolder(join(shared, 'mine'))).toBeNull()
    expect(await readdir(shared)).toEqual([])
  })

  it.runIf(isRoot)(
    'refuses a folder of another user, and one below it, as when root keeps the HOME of a user',
    async () => {
      const theirs = await folder('theirs')
      await chown(theirs, 65534, 65534)
      expect(privateFolder(theirs)).toBeNull()
      expect(privateFolder(join(theirs, '.cache/holdfast'))).toBeNull()
      expect(await readdir(theirs)).toEqual([])
    },
  )
})
