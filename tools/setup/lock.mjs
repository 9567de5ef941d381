import { randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { SetupError } from './run.mjs'

const MAX_WAIT_MS = 15 * 60_000

/** Runs `work` while no other set-up of this folder does. The lock of a process that died is taken over. */
export async function withLock(file, say, work) {
  mkdirSync(dirname(file), { recursive: true })
  const giveUpAt = Date.now() + MAX_WAIT_MS
  let said = false
  for (let holder = tryLock(file); holder !== null; holder = tryLock(file)) {
    if (Date.now() > giveUpAt) {
      throw new SetupError(
        `Process ${holder} has held ${file} for too long. If that process does not set up this folder, delete the file.`,
      )
    }
    if (!said) say(`waiting for another set-up of this folder (process ${holder}) ...`)
    said = true
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  try {
    return await work()
  } finally {
    rmSync(file, { force: true })
  }
}

/**
 * Takes the lock and returns null, or returns the id of the process that holds it. It works like
 * packages/files/src/file-lock.ts, which says why, and which needs a newer Node than this script.
 */
function tryLock(file) {
  const own = { id: randomUUID(), pid: process.pid, started: startOf(process.pid) }
  const draft = `${file}.${own.id}.tmp`
  try {
    writeFileSync(draft, JSON.stringify(own))
    for (;;) {
      if (link(draft, file)) return null
      const holder = readHolder(file)
      if (holder === null) continue // Released in this moment.
      if (isAlive(holder)) return holder.pid
      const right = `${file}.${holder.id}`
      const heir = tryLock(right)
      if (heir !== null) return heir
      try {
        if (readHolder(file)?.id !== holder.id) continue
        renameSync(draft, file)
        return null
      } finally {
        rmSync(right, { force: true })
      }
    }
  } finally {
    rmSync(draft, { force: true })
  }
}

function link(from, to) {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    return false
  }
}

/** Null: there is no lock. A damaged file names no process. */
function readHolder(file) {
  try {
    const { id, pid, started } = JSON.parse(readFileSync(file, 'utf8'))
    return id && pid > 0 ? { id, pid, started } : { id: 'damaged', pid: 0 }
  } catch (error) {
    return error.code === 'ENOENT' ? null : { id: 'damaged', pid: 0 }
  }
}

function isAlive({ pid, started }) {
  if (pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (error.code !== 'EPERM') return false
  }
  return startOf(pid) === started
}

/** The start time of a process, which distinguishes it from a later one with the same id. Undefined on other systems than Linux. */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
    return `${boot}/${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
  } catch {
    return undefined
  }
}
