import { ask } from '../data-centre/ask.ts'
import { MAXMEMORY } from '../data-centre/config.ts'
import { DATA_HOSTS, type DataHost } from '../hosts/places.ts'
import type { Fault } from './fault.ts'

const fullDisk: Fault = {
  summary: 'the disk of a Redis is full; later there is space again, and a Redis that has exited restarts',
  scope: 'one-data-host',
  needs: 'small-disks',
  start: async (testbed, { role }) => {
    const host = await testbed.resolve(role)
    const disk = testbed.diskOf(host)
    await disk.fill()
    return {
      where: host,
      evidence: async () => {
        if ((await testbed.dataCentre.process(host).state()) === 'ended') return 'Redis exited'
        const status = (await infoOf(host, 'persistence')).get('aof_last_write_status')
        return status === 'err' ? 'Redis reports that it cannot write its append-only file' : null
      },
      end: async () => {
        await disk.clear()
        if ((await testbed.dataCentre.process(host).state()) === 'ended')
          await testbed.dataCentre.restart(host)
      },
    }
  },
}

const fullMemory: Fault = {
  summary: 'every Redis has reached maxmemory',
  scope: 'everywhere',
  start: async (testbed) => {
    const refusedBefore = await refusedForMemory()
    const reached = await testbed.dataCentre.limitMemory('1mb')
    return {
      where: reached.join(', '),
      evidence: async () => {
        const refused = (await refusedForMemory()) - refusedBefore
        return refused > 0 ? `${refused} commands were refused` : null
      },
      end: async () => {
        await testbed.dataCentre.limitMemory(MAXMEMORY)
      },
    }
  },
}

async function refusedForMemory(): Promise<number> {
  let refused = 0
  for (const host of DATA_HOSTS) {
    refused += Number(
      /count=(\d+)/.exec((await infoOf(host, 'errorstats')).get('errorstat_OOM') ?? '')?.[1] ?? 0,
    )
  }
  return refused
}

/** A section of INFO. Empty when the Redis does not answer. */
async function infoOf(host: DataHost, section: string): Promise<Map<string, string>> {
  try {
    const lines = String(await ask(host, ['INFO', section])).split('\r\n')
    return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]))
  } catch {
    return new Map()
  }
}

export const RESOURCE_FAULTS = {
  'full-disk': fullDisk,
  'full-memory': fullMemory,
} as const satisfies Record<string, Fault>
