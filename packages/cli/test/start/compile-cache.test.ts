import { execFile } from 'node:child_process'
import { chmod, chown, mkdir, readdir, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { privateFolder } from '../../src/compile-cache.ts'
import { Sandbox } from '../holdfast.ts'

const MAIN = join(import.meta.dirname, '../../src/main.ts')
const isRoot = process.geteuid?.() === 0

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await Sandbox.make()
})
afterAll(() => sandbox.remove())

/** A folder of its own, with this mode. */
async function folder(name: string, mode = 0o700): Promise<string> {
  const path = join(sandbox.folder, name)
  await mkdir(path)
  await chmod(path, mode)
  return path
}

describe('what is compiled is kept', () => {
  async function version(caches: string, more: NodeJS.ProcessEnv = {}): Promise<void> {
    const { NODE_COMPILE_CACHE: _, ...others } = process.env
    const env = { ...others, XDG_CACHE_HOME: caches, ...more }
    const { stdout } = await promisify(execFile)(process.execPath, [MAIN, '--version'], { env })
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  }

  it('in the cache folder of the user, where nobody else can write', async () => {
    const caches = await folder('caches')
    await version(caches)
    const kept = join(caches, 'holdfast/compiled')
    expect((await stat(kept)).mode & 0o777).toBe(0o700)
    const [ofThisNode = ''] = await readdir(kept)
    expect((await readdir(join(kept, ofThisNode))).length).toBeGreaterThan(1)
  })

  it('where NODE_COMPILE_CACHE says instead', async () => {
    const caches = await folder('unused-caches')
    const asked = await folder('asked')
    await version(caches, { NODE_COMPILE_CACHE: asked })
    expect(await readdir(caches)).toEqual([])
    expect(await readdir(asked)).toHaveLength(1)
  })

  it('and nowhere with NODE_DISABLE_COMPILE_CACHE', async () => {
    const caches = await folder('empty-caches')
    await version(caches, { NODE_DISABLE_COMPILE_CACHE: '1' })
    expect(await readdir(caches)).toEqual([])
  })

  it('nor where nothing can be written, and the command does its work all the same', async () => {
    await version('/proc')
  })
})

describe('a folder is private', () => {
  it('that is made with all that is missing above it', async () => {
    const path = join(await folder('fresh'), 'a/b')
    expect(privateFolder(path)).toBe(path)
    expect((await stat(path)).mode & 0o777).toBe(0o700)
  })

  it('below one in which others take away nothing but what is theirs', async () => {
    const path = join(await folder('sticky', 0o1777), 'a')
    expect(privateFolder(path)).toBe(path)
  })

  it('which is told where it is, not by which link it was reached', async () => {
    const target = await folder('target')
    await symlink(target, join(sandbox.folder, 'link'))
    expect(privateFolder(join(sandbox.folder, 'link'))).toBe(target)
  })

  // INV-CLI-3.
  it('but none that others may write to, nor one below such a folder', async () => {
    const shared = await folder('shared', 0o777)
    const sticky = await folder('all-may-add', 0o1777)
    expect(privateFolder(shared)).toBeNull()
    expect(privateFolder(sticky)).toBeNull()
    expect(privateFolder(join(shared, 'mine'))).toBeNull()
    expect(await readdir(shared)).toEqual([])
  })

  it.runIf(isRoot)('nor one of another user, or below: a root that kept somebody’s HOME', async () => {
    const theirs = await folder('theirs')
    await chown(theirs, 65534, 65534)
    expect(privateFolder(theirs)).toBeNull()
    expect(privateFolder(join(theirs, '.cache/holdfast'))).toBeNull()
    expect(await readdir(theirs)).toEqual([])
  })
})
