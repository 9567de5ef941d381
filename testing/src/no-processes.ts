import childProcess, { ChildProcess } from 'node:child_process'
import { syncBuiltinESMExports } from 'node:module'
import { afterEach } from 'vitest'

/**
 * Set-up of the unit tier: a test that starts a process fails. Such a test belongs to the integration tier, and
 * tools/test-tiers.ts, which decides the tier of a file, must learn how it starts processes.
 */
const started: string[] = []

function refuse(program: unknown): never {
  started.push(String(program))
  throw new Error(`A unit test may not start a process (${program}). See tools/test-tiers.ts.`)
}

// Node declares no `spawn` on the prototype, but every asynchronous start of a process calls it.
Object.defineProperty(ChildProcess.prototype, 'spawn', {
  value: ({ file }: { file: string }) => refuse(file),
})
Object.assign(childProcess, { spawnSync: refuse, execSync: refuse, execFileSync: refuse })
syncBuiltinESMExports()

// The code under test may have caught the error.
afterEach(() => {
  const programs = started.splice(0)
  if (programs.length > 0)
    throw new Error(`A unit test started ${programs.join(', ')}. See tools/test-tiers.ts.`)
})
