import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { programFile } from '@holdfast/testing/program-file'
import { onTestFinished } from 'vitest'
import { addUser } from '../../src/index.ts'
import { PASSWORD, rawConfig, temporaryFolder } from '../support.ts'

const SOURCE = new URL('../programs/run-gateway.ts', import.meta.url)
const PROGRAM = programFile(SOURCE)

/** Longer than several processes need to start while other tests use the machine (in milliseconds). */
const PATIENCE_MS = 100_000
export const TEST_MS = 150_000

/** Waits until `look` finds something. */
export async function until(look: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!(await look())) {
    if (performance.now() > deadline) throw new Error('It did not come in time.')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

export interface Started {
  process: ChildProcess
  output: () => string
  /** Its exit code. */
  ended: () => Promise<number | null>
}

/**
 * A gateway with its configuration file. `wrapped` is a command that starts it, `node` the program that runs it. With
 * `fromSources`, each module is a file of its own, not a part of a bundle.
 */
export async function startRun(
  overrides: Record<string, unknown>,
  options: {
    env?: NodeJS.ProcessEnv
    wrapped?: readonly string[]
    node?: string
    fromSources?: boolean
  } = {},
): Promise<Started & { folder: string }> {
  const folder = await temporaryFolder()
  const usersFile = path.join(folder, 'users.json')
  await addUser(usersFile, 'ada', PASSWORD)
  const file = path.join(folder, 'gateway.json')
  await writeFile(file, JSON.stringify(rawConfig({ usersFile, ...overrides })), { mode: 0o600 })
  const [command = '', ...args] = [
    ...(options.wrapped ?? []),
    options.node ?? process.execPath,
    options.fromSources ? fileURLToPath(SOURCE) : PROGRAM,
    file,
  ]
  const child = spawn(command, args, {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      text += chunk
    })
  }
  onTestFinished(async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  return {
    folder,
    process: child,
    output: () => text,
    async ended() {
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      return child.exitCode
    },
  }
}
