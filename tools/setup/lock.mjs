import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { SetupError } from './run.mjs'

const LONGEST_WAIT_MS = 15 * 60_000

/** Runs `work` while no other set-up of this folder does. The lock of a process that died is taken over. */
export async function withLock(file, say, work) {
  mkdirSync(dirname(file), { recursive: true })
  const giveUpAt = Date.now() + LONGEST_WAIT_MS
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

/** Takes the lock and returns null, or returns the id of the process that holds it. */
function tryLock(file) {
  const own = `${file}.${process.pid}`
  // A link appears with its content or not at all: no process reads a half-written lock.
  writeFileSync(own, String(process.pid))
  try {
    linkSync(own, file)
    return null
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  } finally {
    rmSync(own, { force: true })
  }
  const holder = readHolder(file)
  if (holder !== null && !isAlive(holder)) removeStale(file, holder)
  return holder ?? 0
}

function readHolder(file) {
  try {
    return Number(readFileSync(file, 'utf8'))
  } catch {
    return null // Released in this moment.
  }
}

function isAlive(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Moves the lock of a dead process away; puts it back if another process took it over just before. */
function removeStale(file, deadHolder) {
  const aside = `${file}.stale.${process.pid}`
  try {
    renameSync(file, aside)
    if (readHolder(aside) !== deadHolder) linkSync(aside, file)
  } catch {
    // Another process was quicker.
  }
  rmSync(aside, { force: true })
}
