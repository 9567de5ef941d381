import { randomUUID } from 'node:crypto'
import { readdir, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../hosts/command.ts'
import type { DataHost } from '../hosts/places.ts'
import type { Testbed } from '../testbed/testbed.ts'
import type { ActiveFault, Fault } from './fault.ts'

/** With `appendfsync everysec`, the kernel may not have written this much time of data to the disk. */
const UNWRITTEN_MS = 1200
/** Cuts inside the EXEC of the last transaction. */
const TORN_BYTES = 6
/** From this strength on, power fails inside a transaction. */
export const TORN = 0.5

/** The append-only file to which Redis currently writes. */
async function appendedFile(folder: string): Promise<string> {
  const name = (await readdir(join(folder, 'appendonlydir')))
    .filter((file) => file.endsWith('.incr.aof'))
    .sort((one, other) => Number(/\.(\d+)\.incr/.exec(one)?.[1]) - Number(/\.(\d+)\.incr/.exec(other)?.[1]))
    .at(-1)
  if (name === undefined) throw new Error(`There is no append-only file in ${folder}.`)
  return join(folder, 'appendonlydir', name)
}

const BOOT_ID = '/proc/sys/kernel/random/boot_id'
let bootFile: string | null = null

/**
 * Replaces the boot id for all processes of this run, so that the machine appears to be rebooted. The run has its
 * own mounts.
 */
async function bootAgain(testbed: Testbed): Promise<void> {
  if (bootFile === null) {
    bootFile = join(testbed.foreignFolder, '..', 'boot-id')
    await writeFile(bootFile, `${randomUUID()}\n`)
    await run('mount', ['--bind', bootFile, BOOT_ID])
  }
  await writeFile(bootFile, `${randomUUID()}\n`)
}

interface PowerCut {
  /** The number of bytes to cut from the last command, in addition. */
  tornBytes: number
}

/**
 * Simulates a power failure on a data host: kills Redis and the watchdog, and removes the last second of data from
 * the file.
 */
async function powerCut(testbed: Testbed, host: DataHost, { tornBytes }: PowerCut): Promise<ActiveFault> {
  const { dataCentre } = testbed
  const file = await appendedFile(dataCentre.dataFolder(host))
  const keptBytes = (await stat(file)).size
  await new Promise((resolve) => setTimeout(resolve, UNWRITTEN_MS))
  await dataCentre.process(host).kill()
  await dataCentre.watchdogOf(host)?.kill()
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  )
  // A rewrite may have started another file meanwhile. In that case nothing is cut.
  const kept =
    (await appendedFile(dataCentre.dataFolder(host))) === file ? Math.max(0, keptBytes - tornBytes) : size
  if (size > kept) await truncate(file, kept)
  const lost = size - kept
  return {
    where: host,
    evidence: async () =>
      lost > 0 ? `Redis ended, and ${lost} bytes of its append-only file were removed` : null,
    end: async () => {
      await bootAgain(testbed)
      await dataCentre.boot(host).catch((error: Error) => {
        testbed.timeline.note(`${host} did not start after the boot: ${error.message}`)
      })
      await dataCentre.watchdogOf(host)?.start()
    },
  }
}

const powerLoss: Fault = {
  summary:
    'a data host loses power and reboots; the append-only file lacks the last second, in half of the runs from inside a transaction',
  scope: 'one-data-host',
  needs: 'guards',
  durationsMs: [50, 300, 900, 1300, 4000, 9000],
  start: async (testbed, { role }, strength) =>
    powerCut(testbed, await testbed.resolve(role), { tornBytes: strength < TORN ? 0 : TORN_BYTES }),
}

const BETWEEN_RESTARTS_MS = 3000

const tornTransaction: Fault = {
  summary:
    'a data host loses power while Redis writes a transaction to its file; after the reboot, Redis is killed and restarted',
  scope: 'one-data-host',
  needs: 'guards',
  durationsMs: [300, 900, 4000],
  start: async (testbed, { role }) => {
    const host = await testbed.resolve(role)
    const active = await powerCut(testbed, host, { tornBytes: TORN_BYTES })
    return {
      ...active,
      end: async () => {
        await active.end()
        // The data that Redis writes in this time must survive the next restart.
        await new Promise((resolve) => setTimeout(resolve, BETWEEN_RESTARTS_MS))
        await testbed.dataCentre.process(host).kill()
        await testbed.dataCentre.restart(host)
      },
    }
  },
}

export const POWER_FAULTS = {
  'power-loss': powerLoss,
  'torn-transaction': tornTransaction,
} as const satisfies Record<string, Fault>
