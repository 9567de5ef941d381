import { existsSync, mkdirSync, realpathSync, statSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** Permission bits of group and others to write. */
const OTHERS_WRITE = 0o022
/** In a sticky folder such as /tmp, all users may create files, but each removes or renames only their own. */
const STICKY = 0o1000

/**
 * Turns on Node's compile cache (https://nodejs.org/api/module.html#module-compile-cache) for this process and its child
 * processes. Modules that were imported before the call are not cached.
 *
 * Node runs the code in the cache without checking its origin, and its default folder is in /tmp. So the cache is in the
 * user's cache folder, and only if no other user can write there: `$XDG_CACHE_HOME/holdfast/compiled`, or
 * `~/.cache/holdfast/compiled`. Without such a folder nothing is cached. Node's own variables `NODE_COMPILE_CACHE`
 * (another folder) and `NODE_DISABLE_COMPILE_CACHE` take precedence.
 */
export function keepCompiled(environment: NodeJS.ProcessEnv): void {
  if (environment['NODE_COMPILE_CACHE'] || environment['NODE_DISABLE_COMPILE_CACHE']) return
  try {
    const caches = environment['XDG_CACHE_HOME'] || join(homedir(), '.cache')
    const folder = privateFolder(join(caches, 'holdfast', 'compiled'))
    if (folder === null) return
    enableCompileCache(folder)
    environment['NODE_COMPILE_CACHE'] = folder
  } catch (error) {
    // Without a home folder that it can write to, the command starts more slowly.
    if (!(error instanceof Error && 'syscall' in error)) throw error
  }
}

/**
 * Creates a folder that only this user can write to, and returns its real path. Returns null if other users could write
 * to it. Throws the system's error if it cannot be created.
 * INV-CLI-3.
 */
export function privateFolder(path: string): string | null {
  if (!isOutOfReach(realpathSync(nearestFolder(path)))) return null
  makeFolder(path)
  const real = realpathSync(path)
  return isOutOfReach(real) && (statSync(real).mode & OTHERS_WRITE) === 0 ? real : null
}

/**
 * Creates the folder and its missing parents. Node's `recursive` never returns where nothing can be created (/proc). If
 * two commands start for the first time at once, the later one fails here and runs once without the cache.
 */
function makeFolder(path: string): void {
  if (existsSync(path)) return
  makeFolder(dirname(path))
  mkdirSync(path, { mode: 0o700 })
}

/** The folder itself if it exists, or its nearest parent that does. */
const nearestFolder = (path: string): string => (existsSync(path) ? path : nearestFolder(dirname(path)))

/** Whether only this user and root can replace this folder or one of its parents. */
function isOutOfReach(folder: string): boolean {
  const { uid, mode } = statSync(folder)
  const isOurs = uid === 0 || uid === process.geteuid?.()
  const isShared = (mode & OTHERS_WRITE) !== 0 && (mode & STICKY) === 0
  if (!isOurs || isShared) return false
  const above = dirname(folder)
  return above === folder || isOutOfReach(above)
}
