import { existsSync, mkdirSync, realpathSync, statSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** Others than the owner may write. */
const OTHERS_WRITE = 0o022
/** In such a folder everybody may write, but takes away or renames only what is his own: /tmp. */
const STICKY = 0o1000

/**
 * Has Node keep what it compiles from one run to the next (https://nodejs.org/api/module.html#module-compile-cache), also
 * for the processes that this one starts. It must be called before what is to be kept is imported.
 *
 * Node runs what it finds there without a look at where that is from, and its own place is in /tmp. So ours is in the
 * user's cache folder, and only where nobody else could put anything: `$XDG_CACHE_HOME/holdfast/compiled`, or
 * `~/.cache/holdfast/compiled`. Without such a place nothing is kept. `NODE_COMPILE_CACHE` (another place) and
 * `NODE_DISABLE_COMPILE_CACHE` are Node's own, and go before.
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
    // A user without a home, or one that cannot be written to: nothing is kept, and the command starts more slowly.
    if (!(error instanceof Error && 'syscall' in error)) throw error
  }
}

/**
 * Makes a folder that only this user can write to, and says where it really is. Null when it would be, or is, one into
 * which others could put something. Throws the system's error when it cannot be made.
 * INV-CLI-3.
 */
export function privateFolder(path: string): string | null {
  if (!isOutOfReach(realpathSync(nearestFolder(path)))) return null
  makeFolder(path)
  const real = realpathSync(path)
  return isOutOfReach(real) && (statSync(real).mode & OTHERS_WRITE) === 0 ? real : null
}

/**
 * With all that is missing above it. Not by `recursive`, which never ends where nothing can be made (/proc). Of two that
 * start for the first time at once the later one fails here, and keeps nothing this once.
 */
function makeFolder(path: string): void {
  if (existsSync(path)) return
  makeFolder(dirname(path))
  mkdirSync(path, { mode: 0o700 })
}

/** The folder itself if it is there, or the first above it that is. */
const nearestFolder = (path: string): string => (existsSync(path) ? path : nearestFolder(dirname(path)))

/** Nobody but this user and root can put anything in the place of this folder, nor of one above it. */
function isOutOfReach(folder: string): boolean {
  const { uid, mode } = statSync(folder)
  const isOurs = uid === 0 || uid === process.geteuid?.()
  const isShared = (mode & OTHERS_WRITE) !== 0 && (mode & STICKY) === 0
  if (!isOurs || isShared) return false
  const above = dirname(folder)
  return above === folder || isOutOfReach(above)
}
