import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { tryLock } from '../src/file-lock.ts'
import { replaceFile } from '../src/replace-file.ts'

const LOOP = fileURLToPath(new URL('support/locking-loop.ts', import.meta.url))
const options = { purpose: 'a test', foreignLockMs: 60_000 }
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-files-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
})

/** A process that takes the lock again and again, and how often it had it: alone, or beside another one. */
function startLoop(taken: { alone: number; 'not alone': number }) {
  const child = spawn(process.execPath, [LOOP, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  createInterface({ input: child.stdout }).on('line', (line) => {
    taken[line as keyof typeof taken] += 1
  })
  return child
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

// INV-FILES-1, INV-FILES-2.
it('processes that are killed at any moment never leave the lock to nobody, or to two processes', async () => {
  const taken = { alone: 0, 'not alone': 0 }
  let children = [1, 2, 3].map(() => startLoop(taken))
  onTestFinished(async () => {
    await Promise.all(children.map(kill))
  })
  for (let kills = 0; kills < 12; kills += 1) {
    const before = taken.alone
    // All processes are killed sometimes, so that a lock is left and several new processes find it.
    const count = kills % 3 === 2 ? 3 : 1
    await Promise.all(children.slice(0, count).map(kill))
    children = [...children.slice(count), ...children.slice(0, count).map(() => startLoop(taken))]
    const deadline = Date.now() + 20_000
    while (taken.alone < before + 20 && Date.now() < deadline) await sleep(5 + Math.random() * 10)
    expect(taken.alone).toBeGreaterThanOrEqual(before + 20)
  }
  await Promise.all(children.map(kill))
  expect(taken['not alone']).toBe(0)
  // A draft of a process that was killed before it wrote is empty: such a file is deleted when it is a minute old.
  const aMinuteAgo = new Date(Date.now() - 61_000)
  for (const name of readdirSync(folder)) {
    const left = join(folder, name)
    if (statSync(left).size === 0) utimesSync(left, aMinuteAgo, aMinuteAgo)
  }
  const { lock } = tryLock(join(folder, 'lock'), options)
  expect(lock).not.toBeNull()
  lock?.release()
  expect(readdirSync(folder).filter((name) => !name.startsWith('inside.'))).toEqual([])
}, 60_000)

// Only root can mount a file system.
it.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)(
  'a full disk refuses a lock and a change, and leaves neither a lock nor a draft',
  async () => {
    const small = join(folder, 'small')
    mkdirSync(small)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', small])
    onTestFinished(() => {
      execFileSync('umount', [small])
    })
    const [file, lock, filler] = [join(small, 'users.json'), join(small, 'lock'), join(small, 'filler')]
    writeFileSync(file, 'old')
    expect(() => writeFileSync(filler, Buffer.alloc(1 << 20))).toThrow('ENOSPC')
    expect(() => tryLock(lock, options)).toThrow('ENOSPC')
    // INV-FILES-3.
    await expect(replaceFile(file, 'new', 0o600)).rejects.toThrow('ENOSPC')
    expect(readFileSync(file, 'utf8')).toBe('old')
    expect(readdirSync(small).toSorted()).toEqual(['filler', 'users.json'])
    rmSync(filler)
    tryLock(lock, options).lock?.release()
    await replaceFile(file, 'new', 0o600)
    expect(readFileSync(file, 'utf8')).toBe('new')
  },
)
