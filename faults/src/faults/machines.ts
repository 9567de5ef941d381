import { ALL_BUT_WALL_CLOCK, ALL_CLOCKS, type ClockName, MONOTONIC_ONLY } from '@holdfast/testing/clock'
import { until } from '../data-centre/until.ts'
import type { HostedProcess } from '../hosts/hosted-process.ts'
import { waysBetween } from '../hosts/link-rules.ts'
import {
  type AppHost,
  type DataHost,
  hostOf,
  PLACES,
  type Place,
  placesOf,
  SENTINEL_PLACES,
  type SentinelPlace,
} from '../hosts/places.ts'
import { countInLog, type Site } from '../site/site.ts'
import type { Begun, Fault } from './fault.ts'

/** A resumed machine corrects its clock after this time, as time synchronization does. */
const SYNCHRONIZED_MS = 5000

/** The processes of a machine, by the place whose clock they read. */
type Machine = readonly { place: Place; pids: readonly number[] }[]

/**
 * Pauses a machine: stops its processes and their clocks, and drops all packets to it. The senders retransmit the
 * packets after the machine resumes, as TCP does.
 */
async function pauseMachine(
  site: Site,
  machine: Machine,
  standing: readonly ClockName[],
  touches: readonly string[] = [],
): Promise<Begun> {
  const places = machine.map(({ place }) => place)
  const cut = await site.network.disturb(
    waysBetween(
      places,
      PLACES.filter((place) => !places.includes(place)),
    ),
  )
  await Promise.all(machine.map(({ place, pids }) => site.clockOf(place).stop(pids, standing)))
  return {
    where: places.join(', '),
    touches,
    evidence: async () => {
      const packets = await site.network.droppedBy(cut)
      return packets > 0
        ? `the machine was stopped, and ${packets} packets were dropped`
        : 'the machine was stopped'
    },
    end: async () => {
      await site.network.mend(cut)
      for (const { place } of machine) site.clockOf(place).resume()
      setTimeout(() => {
        for (const { place } of machine) site.clockOf(place).synchronize()
      }, SYNCHRONIZED_MS).unref()
    },
  }
}

const pidsOf = (processes: readonly (HostedProcess | null)[]): number[] =>
  processes.flatMap((process) => (process?.pid == null ? [] : [process.pid]))

function dataMachine(site: Site, host: DataHost): Machine {
  const { dataCentre } = site
  return placesOf(host).map((place) => ({
    place,
    pids: pidsOf([dataCentre.process(place), ...(place === host ? [dataCentre.watchdogOf(host)] : [])]),
  }))
}

const appMachine = (site: Site, app: AppHost): Machine => [{ place: app, pids: site.fleet.pidsOn(app) }]

/** Long enough for a failover, and for the wait of an earlier barrier. */
const LONG_MS = [600, 1600, 3000, 8000, 15_000, 25_000] as const

const freezeHost: Fault = {
  summary: 'the virtual machine of a data host is paused: all its clocks stop',
  reach: 'one-data-host',
  needs: 'clocks',
  begin: async (site, { role }) =>
    pauseMachine(site, dataMachine(site, await site.resolve(role)), ALL_CLOCKS),
}

const freezeApp: Fault = {
  summary:
    'the virtual machine of an application host is paused; its clocks stop, and its wall clock is correct when it resumes',
  reach: 'one-application',
  needs: 'clocks',
  begin: (site, { app }) => pauseMachine(site, appMachine(site, app), ALL_BUT_WALL_CLOCK, site.fleet.on(app)),
}

/**
 * Pauses an application host so that no process can detect it. The lease of a paused application does not run out
 * (SECURITY.md). Schedules never draw this fault.
 */
export const freezeAppUnknowing = (site: Site, app: AppHost): Promise<Begun> =>
  pauseMachine(site, appMachine(site, app), ALL_CLOCKS, site.fleet.on(app))

const suspendApp: Fault = {
  summary:
    'an application host is suspended: its monotonic clock stops, its wall clock is correct afterwards',
  reach: 'one-application',
  needs: 'clocks',
  begin: (site, { app }) => pauseMachine(site, appMachine(site, app), MONOTONIC_ONLY, site.fleet.on(app)),
}

/** How long the primary still hangs after the election, so that other Sentinels do not start their own failovers. */
const HANGS_ON_MS = 300
const ELECTED_MS = 12_000

/** Hangs the primary, and injects a fault at the elected Sentinel before it promotes a replica. */
async function afterElection(site: Site, strike: (leader: SentinelPlace) => Promise<Begun>): Promise<Begun> {
  const primary = await site.resolve('primary')
  const hung = site.dataCentre.process(primary)
  const before = new Map<SentinelPlace, number>()
  for (const place of SENTINEL_PLACES) before.set(place, await countInLog(site, place, '+elected-leader'))
  hung.pause()
  let leader: SentinelPlace | null = null
  try {
    const newLeader = async () => {
      for (const place of SENTINEL_PLACES) {
        if ((await countInLog(site, place, '+elected-leader')) > (before.get(place) ?? 0)) leader = place
      }
      return leader !== null
    }
    // The election may not happen, because another fault may prevent it.
    await until('a Sentinel is elected', newLeader, { timeoutMs: ELECTED_MS }).catch(() => {})
    if (leader === null) return { where: primary, evidence: async () => null, end: async () => {} }
    const struck = await strike(leader)
    await new Promise((resolve) => setTimeout(resolve, HANGS_ON_MS))
    return { ...struck, where: `${primary}, then ${struck.where}` }
  } finally {
    hung.resume()
  }
}

const stallLeader: Fault = {
  summary:
    'the primary hangs, and the elected Sentinel is paused; it resumes in TILT, and continues its failover 30 s later',
  reach: 'everywhere',
  durationsMs: [2200, 3000, 4000],
  begin: (site) =>
    afterElection(site, async (leader) => {
      const process = site.dataCentre.process(leader)
      process.pause()
      return {
        where: leader,
        evidence: async () =>
          (await process.state()) === 'paused' ? 'the kernel reports the elected Sentinel as stopped' : null,
        end: async () => process.resume(),
      }
    }),
}

const freezeLeader: Fault = {
  summary:
    'the primary hangs, and the virtual machine of the elected Sentinel is paused: all its clocks stop',
  reach: 'everywhere',
  needs: 'clocks',
  durationsMs: LONG_MS,
  begin: (site) =>
    afterElection(site, (leader) => pauseMachine(site, dataMachine(site, hostOf(leader)), ALL_CLOCKS)),
}

export const MACHINE_FAULTS = {
  'freeze-host': { ...freezeHost, durationsMs: LONG_MS },
  'freeze-app': { ...freezeApp, durationsMs: LONG_MS },
  'suspend-app': { ...suspendApp, durationsMs: LONG_MS },
  'stall-leader': stallLeader,
  'freeze-leader': freezeLeader,
} as const satisfies Record<string, Fault>
