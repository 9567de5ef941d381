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
import type { Site } from '../site/site.ts'
import type { Begun, Fault } from './fault.ts'

type ServerPlace = DataHost | SentinelPlace

/** The watchdog of a host, or an empty list if the host does not have one. */
const watchdogsOf = (site: Site, host: DataHost): HostedProcess[] => {
  const watchdog = site.dataCentre.watchdogOf(host)
  return watchdog === null ? [] : [watchdog]
}

function killed(
  site: Site,
  places: readonly ServerPlace[],
  watchdogs: readonly HostedProcess[] = [],
): Pick<Begun, 'evidence' | 'end'> {
  return {
    evidence: async () =>
      (await allAre(site, places, 'ended')) ? 'the kernel reports the processes as ended' : null,
    end: async () => {
      await Promise.all([
        ...places.map((place) => site.dataCentre.restart(place)),
        ...watchdogs.map((watchdog) => watchdog.start()),
      ])
    },
  }
}

function paused(
  site: Site,
  places: readonly ServerPlace[],
  watchdogs: readonly HostedProcess[] = [],
): Pick<Begun, 'evidence' | 'end'> {
  return {
    evidence: async () =>
      (await allAre(site, places, 'paused')) ? 'the kernel reports the processes as stopped' : null,
    end: async () => {
      for (const watchdog of watchdogs) watchdog.resume()
      for (const place of places) site.dataCentre.process(place).resume()
    },
  }
}

async function allAre(
  site: Site,
  places: readonly ServerPlace[],
  state: 'ended' | 'paused',
): Promise<boolean> {
  const states = await Promise.all(places.map((place) => site.dataCentre.process(place).state()))
  return states.every((found) => found === state)
}

async function kill(site: Site, places: readonly ServerPlace[]): Promise<void> {
  await Promise.all(places.map((place) => site.dataCentre.process(place).kill()))
}

const killRedis: Fault = {
  summary: 'a Redis is killed, and restarts with its data',
  reach: 'one-data-host',
  begin: async (site, { role }) => {
    const host = await site.resolve(role)
    await kill(site, [host])
    return { where: host, ...killed(site, [host]) }
  },
}

const pauseRedis: Fault = {
  summary: 'a Redis hangs: it keeps its sockets and does not answer',
  reach: 'one-data-host',
  begin: async (site, { role }) => {
    const host = await site.resolve(role)
    site.dataCentre.process(host).pause()
    return { where: host, ...paused(site, [host]) }
  },
}

const killSentinel: Fault = {
  summary: 'the Sentinel of a host is killed, and restarts with its file',
  reach: 'one-data-host',
  begin: async (site, { role }) => {
    const place = sentinelOf(await site.resolve(role))
    await kill(site, [place])
    return { where: place, ...killed(site, [place]) }
  },
}

const pauseSentinel: Fault = {
  summary: 'the Sentinel of a host hangs',
  reach: 'one-data-host',
  begin: async (site, { role }) => {
    const place = sentinelOf(await site.resolve(role))
    site.dataCentre.process(place).pause()
    return { where: place, ...paused(site, [place]) }
  },
}

const pauseAllSentinels: Fault = {
  summary: 'all Sentinels hang, and resume in TILT',
  reach: 'everywhere',
  begin: async (site) => {
    for (const place of SENTINEL_PLACES) site.dataCentre.process(place).pause()
    return { where: SENTINEL_PLACES.join(', '), ...paused(site, SENTINEL_PLACES) }
  },
}

const killHost: Fault = {
  summary: 'Redis, Sentinel and watchdog of a host are killed at the same time',
  reach: 'one-data-host',
  begin: async (site, { role }) => {
    const host = await site.resolve(role)
    const [places, watchdogs] = [placesOf(host), watchdogsOf(site, host)]
    await Promise.all([kill(site, places), ...watchdogs.map((watchdog) => watchdog.kill())])
    return { where: places.join(', '), ...killed(site, places, watchdogs) }
  },
}

const pauseHost: Fault = {
  summary: 'Redis, Sentinel and watchdog of a host hang at the same time',
  reach: 'one-data-host',
  begin: async (site, { role }) => {
    const host = await site.resolve(role)
    const [places, watchdogs] = [placesOf(host), watchdogsOf(site, host)]
    for (const place of places) site.dataCentre.process(place).pause()
    for (const watchdog of watchdogs) watchdog.pause()
    return { where: places.join(', '), ...paused(site, places, watchdogs) }
  },
}

const restartEmpty: Fault = {
  summary:
    'a Redis is killed and loses its data; a primary restarts only as a replica, after another Redis has become primary (as the guard does)',
  reach: 'one-data-host',
  losesData: true,
  begin: async (site, { role }) => {
    const { dataCentre } = site
    const host = await site.resolve(role)
    const wasPrimary = (await dataCentre.primary()) === host
    await kill(site, [host])
    await dataCentre.wipe(host)
    return {
      where: host,
      evidence: async () =>
        (await allAre(site, [host], 'ended')) ? 'Redis ended, and its data set was removed' : null,
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
