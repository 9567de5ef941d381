import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from '../hosts/command.ts'
import { Network } from '../hosts/network.ts'
import type { DataHost } from '../hosts/places.ts'

const GUARD = fileURLToPath(new URL('guard.ts', import.meta.url))
/** A guard may wait for a whole failover. */
const GUARD_TIMEOUT_MS = 60_000

/** Runs the product's guard in the place of a data host. Returns the arguments with which Redis must start. */
export async function guardedArguments(host: DataHost, folder: string, config: string): Promise<string[]> {
  const startFile = join(folder, 'start.env')
  const [enter, ...inPlace] = Network.commandIn(host)
  await run(enter, [...inPlace, process.execPath, GUARD, config, startFile], { timeoutMs: GUARD_TIMEOUT_MS })
  const text = await readFile(startFile, 'utf8')
  const [, args = ''] = /^HOLDFAST_START=(.*)$/m.exec(text) ?? []
  return args.split(' ').filter((word) => word !== '')
}
