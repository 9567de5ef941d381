import { spawn, spawnSync } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** A failure that its message explains: one or a few sentences, with what to do. */
export class SetupError extends Error {
  constructor(message, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

/** The folders of PATH, and those that an ordinary user's PATH leaves out although daemons live there. */
export function programFolders(path = process.env.PATH ?? '') {
  const folders = path.split(delimiter).filter((folder) => folder !== '')
  for (const folder of ['/usr/local/sbin', '/usr/sbin', '/sbin']) {
    if (!folders.includes(folder)) folders.push(folder)
  }
  return folders
}

/** The full path of a program, or null. */
export function findProgram(name, folders = programFolders()) {
  for (const folder of folders) {
    const file = join(folder, name)
    try {
      accessSync(file, constants.X_OK)
      if (statSync(file).isFile()) return file
    } catch {
      // Not here: the next folder.
    }
  }
  return null
}

/** Runs a quick question to its end. Returns its output, or null when it failed. */
export function ask(program, args) {
  const result = spawnSync(program, args, { encoding: 'utf8', timeout: 10_000 })
  return result.status === 0 ? result.stdout.trim() : null
}

/** Runs a long step. Resolves with its exit code and the end of what it printed. */
export function run(program, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
    let tail = ''
    const keep = (chunk) => {
      tail = (tail + chunk).slice(-8000)
    }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
    child.on('error', (error) => resolve({ code: 127, output: error.message }))
    child.on('close', (code, signal) =>
      resolve({ code: code ?? 1, output: signal ? `${tail}\n${signal}` : tail }),
    )
  })
}

/** The last lines of a program's output, indented, for the end of an error message. */
export const lastLines = (output, count = 12) =>
  output
    .trim()
    .split('\n')
    .slice(-count)
    .map((line) => `    ${line}`)
    .join('\n')
