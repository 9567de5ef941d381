import { ask } from '../data-centre/ask.ts'
import { PRIMARY_NAME } from '../data-centre/names.ts'
import { DATA_HOSTS, SENTINEL_PLACES } from '../hosts/places.ts'
import type { Fault } from './fault.ts'

const sentinelFailover: Fault = {
  summary: 'a Sentinel receives SENTINEL FAILOVER',
  scope: 'everywhere',
  start: async (testbed) => {
    const before = await testbed.resolve('primary')
    let answer = 'missing'
    for (const place of SENTINEL_PLACES) {
      answer = await ask(place, ['SENTINEL', 'FAILOVER', PRIMARY_NAME]).then(String, String)
      if (answer === 'OK') break
    }
    return {
      where: before,
      evidence: async () => {
        const now = await testbed.resolve('primary')
        return now !== before ? `${now} replaced ${before} as primary` : null
      },
      end: async () => testbed.timeline.note(`The answer to SENTINEL FAILOVER was ${answer}`),
    }
  },
}

/**
 * Longer than the shortest `down-after` of a run, and shorter than Redis' own limit of 5 s, after which Redis
 * answers BUSY.
 */
const SCRIPT_MS = 2400
const BUSY_SCRIPT =
  "local t = redis.call('TIME') local e = t[1] * 1000 + t[2] / 1000 + tonumber(ARGV[1]) " +
  "repeat t = redis.call('TIME') until t[1] * 1000 + t[2] / 1000 > e return 1"

const busyScript: Fault = {
  summary: 'a Lua script blocks a Redis for 2.4 s',
  scope: 'one-data-host',
  start: async (testbed, { role }) => {
    const host = await testbed.resolve(role)
    let ran = false
    const script = ask(host, ['EVAL', BUSY_SCRIPT, '0', String(SCRIPT_MS)], 10_000).then(
      () => {
        ran = true
      },
      () => {},
    )
    return {
      where: host,
      evidence: async () => {
        await script
        return ran ? 'the script finished' : null
      },
      end: () => script,
    }
  },
}

const STAMPEDE_EVERY_MS = 150

const stampede: Fault = {
  summary: 'all client connections of all nodes are closed repeatedly',
  scope: 'everywhere',
  start: async (testbed) => {
    let killed = 0
    let running = true
    const closeConnections = async () => {
      while (running) {
        for (const place of [...DATA_HOSTS, ...SENTINEL_PLACES]) {
          for (const type of ['normal', 'pubsub']) {
            const count = await ask(place, ['CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes']).catch(() => 0)
            killed += Number(count)
          }
        }
        await new Promise((resolve) => setTimeout(resolve, STAMPEDE_EVERY_MS))
      }
    }
    const closing = closeConnections()
    return {
      where: 'all',
      evidence: async () => (killed > 0 ? `${killed} connections were closed` : null),
      end: async () => {
        running = false
        await closing
        testbed.timeline.note(`The stampede closed ${killed} connections`)
      },
    }
  },
}

export const COMMAND_FAULTS = {
  'sentinel-failover': sentinelFailover,
  'busy-script': busyScript,
  stampede,
} as const satisfies Record<string, Fault>
