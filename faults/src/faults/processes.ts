import { until } from '../data-centre/until.ts'
import type { HostedProcess } from '../hosts/hosted-process.ts'
import {
  addressOf,
  type DataHost,
  placesOf,
  REDIS_PORT,
  SENTINEL_PLACES,
  type SentinelPlace,
  sentinelOf,
} from '../hosts/places.ts'
import type { Testbed } from '../testbed/testbed.ts'
import type { ActiveFault, Fault } from './fault.ts'

type ServerPlace = DataHost | SentinelPlace

/** The watchdog of a host, or an empty list if the host does not have one. */
const watchdogsOf = (testbed: Testbed, host: DataHost): HostedProcess[] => {
  const watchdog = testbed.dataCentre.watchdogOf(host)
  return watchdog === null ? [] : [watchdog]
}

function killed(
  testbed: Testbed,
  places: readonly ServerPlace[],
  watchdogs: readonly HostedProcess[] = [],
): Pick<ActiveFault, 'evidence' | 'end'> {
  return {
    evidence: async () =>
      (await allAre(testbed, places, 'ended')) ? 'the kernel reports the processes as ended' : null,
    end: async () => {
      await Promise.all([
        ...places.map((place) => testbed.dataCentre.restart(place)),
        ...watchdogs.map((watchdog) => watchdog.start()),
      ])
    },
  }
}

function paused(
  testbed: Testbed,
  places: readonly ServerPlace[],
  watchdogs: readonly HostedProcess[] = [],
): Pick<ActiveFault, 'evidence' | 'end'> {
  return {
    evidence: async () =>
      (await allAre(testbed, places, 'paused')) ? 'the kernel reports the processes as stopped' : null,
    end: async () => {
      for (const watchdog of watchdogs) watchdog.resume()
      for (const place of places) testbed.dataCentre.process(place).resume()
    },
  }
}

async function allAre(
  testbed: Testbed,
  places: readonly ServerPlace[],
  state: 'ended' | 'paused',
): Promise<boolean> {
  const states = await Promise.all(places.map((place) => testbed.dataCentre.process(place).state()))
  return states.every((found) => found === state)
}

async function kill(testbed: Testbed, places: readonly ServerPlace[]): Promise<void> {
  await Promise.all(places.map((place) => testbed.dataCentre.process(place).kill()))
}

const killRedis: Fault = {
  summary: 'a Redis is killed, and restarts with its data',
  scope: 'one-data-host',
  start: async (testbed, { role }) => {
    const host = await testbed.resolve(role)
    await kill(testbed, [host])
    return { where: host, ...killed(testbed, [host]) }
  },
}

const pauseRedis: Fault = {
  summary: 'a Redis hangs: it keeps its sockets and does not answer',
  scope: 'one-data-host',
  start: async (testbed, { role }) => {
    const host = await testbed.resolve(role)
    testbed.dataCentre.process(host).pause()
    return { where: host, ...paused(testbed, [host]) }
  },
}

const killSentinel: Fault = {
  summary: 'the Sentinel of a host is killed, and restarts with its file',
  scope: 'one-data-host',
  start: async (testbed, { role }) => {
    const place = sentinelOf(await testbed.resolve(role))
    await kill(testbed, [place])
    return { where: place, ...killed(testbed, [place]) }
  },
}

const pauseSentinel: Fault = {
  summary: 'the Sentinel of a host hangs',
  scope: 'one-data-host',
  start: async (testbed, { role }) => {
    const place = sentinelOf(await testbed.resolve(role))
    testbed.dataCentre.process(place).pause()
    return { where: place, ...paused(testbed, [place]) }
  },
}

const pauseAllSentinels: Fault = {
  summary: 'all Sentinels hang, and resume in TILT',
  scope: 'everywhere',
  start: async (testbed) => {
    for (const place of SENTINEL_PLACES) testbed.dataCentre.process(place).pause()
    return { where: SENTINEL_PLACES.join(', '), ...paused(testbed, SENTINEL_PLACES) }
  },
}

const killHost: Fault = {
  summary: 'Redis, Sentinel and watchdog of a host are killed at the same time',
  scope: 'one-data-host',
  start: async (testbed, { role }) => {
    const host = await testbed.resolve(role)
    const [places, watchdogs] = [placesOf(host), watchdogsOf(testbed, host)]
    await Promise.all([kill(testbed, places), ...watchdogs.map((watchdog) => watchdog.kill())])
    return { where: places.join(', '), ...killed(testbed, places, watchdogs) }
  },
}

const pauseHost: Fault = {
  summary: 'Redis, Sentinel and watchdog of a host hang at the same time',
  scope: 'one-data-host',
  start: async (testbed, { role }) => {
    const host = await testbed.resolve(role)
    const [places, watchdogs] = [placesOf(host), watchdogsOf(testbed, host)]
    for (const place of places) testbed.dataCentre.process(place).pause()
    for (const watchdog of watchdogs) watchdog.pause()
    return { where: places.join(', '), ...paused(testbed, places, watchdogs) }
  },
}

const restartEmpty: Fault = {
  summary:
    'a Redis is killed and loses its data; a primary restarts only as a replica, after another Redis has become primary (as the guard does)',
  scope: 'one-data-host',
  losesData: true,
  start: async (testbed, { role }) => {
    const { dataCentre } = testbed
    const host = await testbed.resolve(role)
    const wasPrimary = (await dataCentre.primary()) === host
    await kill(testbed, [host])
    await dataCentre.wipe(host)
    return {
      where: host,
      evidence: async () =>
        (await allAre(testbed, [host], 'ended')) ? 'Redis ended, and its data set was removed' : null,
      end: async () => {
        let primary = await dataCentre.primary()
        if (wasPrimary) {
          await until('another node is primary', async () => {
            primary = await dataCentre.primary()
            return primary !== null
          })
        }
        const of = primary === null ? [] : ['--replicaof', addressOf(primary), String(REDIS_PORT)]
        await dataCentre.restart(host, of)
      },
    }
  },
}

export const PROCESS_FAULTS = {
  'kill-redis': killRedis,
  'pause-redis': pauseRedis,
  'kill-sentinel': killSentinel,
  'pause-sentinel': pauseSentinel,
  'pause-all-sentinels': pauseAllSentinels,
  'kill-host': killHost,
  'pause-host': pauseHost,
  'restart-empty': restartEmpty,
} as const satisfies Record<string, Fault>
