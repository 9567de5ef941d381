import { ALL_BUT_WALL_CLOCK, ALL_CLOCKS, type ClockName, MONOTONIC_ONLY } from '@holdfast/testing/clock'
import { until } from '../data-centre/until.ts'
import type { HostedProcess } from '../hosts/hosted-process.ts'
import { linksBetween } from '../hosts/link-rules.ts'
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
import { countInLog, type Testbed } from '../testbed/testbed.ts'
import type { ActiveFault, Fault } from './fault.ts'

/** A resumed machine corrects its clock after this time, as time synchronization does. */
const CLOCK_SYNC_DELAY_MS = 5000

/** The processes of a machine, by the place whose clock they read. */
type Machine = readonly { place: Place; pids: readonly number[] }[]

/**
 * Pauses a machine: stops its processes and their clocks, and drops all packets to it. The senders retransmit the
 * packets after the machine resumes, as TCP does.
 */
async function pauseMachine(
  testbed: Testbed,
  machine: Machine,
  clocks: readonly ClockName[],
  affected: readonly string[] = [],
): Promise<ActiveFault> {
  const places = machine.map(({ place }) => place)
  const cut = await testbed.network.dropPackets(
    linksBetween(
      places,
      PLACES.filter((place) => !places.includes(place)),
    ),
  )
  await Promise.all(machine.map(({ place, pids }) => testbed.clockOf(place).stop(pids, clocks)))
  return {
    where: places.join(', '),
    affected,
    evidence: async () => {
      const packets = await testbed.network.packetsDroppedBy(cut)
      return packets > 0
        ? `the machine was stopped, and ${packets} packets were dropped`
        : 'the machine was stopped'
    },
    end: async () => {
      await testbed.network.heal(cut)
      for (const { place } of machine) testbed.clockOf(place).resume()
      setTimeout(() => {
        for (const { place } of machine) testbed.clockOf(place).synchronize()
      }, CLOCK_SYNC_DELAY_MS).unref()
    },
  }
}

const pidsOf = (processes: readonly (HostedProcess | null)[]): number[] =>
  processes.flatMap((process) => (process?.pid == null ? [] : [process.pid]))

function dataMachine(testbed: Testbed, host: DataHost): Machine {
  const { dataCentre } = testbed
  return placesOf(host).map((place) => ({
    place,
    pids: pidsOf([dataCentre.process(place), ...(place === host ? [dataCentre.watchdogOf(host)] : [])]),
  }))
}

const appMachine = (testbed: Testbed, app: AppHost): Machine => [
  { place: app, pids: testbed.fleet.pidsOn(app) },
]

/** Long enough for a failover, and for the wait of an earlier barrier. */
const FREEZE_DURATIONS_MS = [600, 1600, 3000, 8000, 15_000, 25_000] as const

const freezeHost: Fault = {
  summary: 'the virtual machine of a data host is paused: all its clocks stop',
  scope: 'one-data-host',
  needs: 'clocks',
  start: async (testbed, { role }) =>
    pauseMachine(testbed, dataMachine(testbed, await testbed.resolve(role)), ALL_CLOCKS),
}

const freezeApp: Fault = {
  summary:
    'the virtual machine of an application host is paused; its clocks stop, and its wall clock is correct when it resumes',
  scope: 'one-application',
  needs: 'clocks',
  start: (testbed, { app }) =>
    pauseMachine(testbed, appMachine(testbed, app), ALL_BUT_WALL_CLOCK, testbed.fleet.serversOn(app)),
}

/**
 * Pauses an application host so that no process can detect it. The lease of a paused application does not run out
 * (SECURITY.md). Schedules never draw this fault.
 */
export const freezeAppUndetected = (testbed: Testbed, app: AppHost): Promise<ActiveFault> =>
  pauseMachine(testbed, appMachine(testbed, app), ALL_CLOCKS, testbed.fleet.serversOn(app))

const suspendApp: Fault = {
  summary:
    'an application host is suspended: its monotonic clock stops, its wall clock is correct afterwards',
  scope: 'one-application',
  needs: 'clocks',
  start: (testbed, { app }) =>
    pauseMachine(testbed, appMachine(testbed, app), MONOTONIC_ONLY, testbed.fleet.serversOn(app)),
}

/** How long the primary still hangs after the election, so that other Sentinels do not start their own failovers. */
const PRIMARY_HANG_MS = 300
const ELECTION_TIMEOUT_MS = 12_000

/** Hangs the primary, and injects a fault at the elected Sentinel before it promotes a replica. */
async function afterElection(
  testbed: Testbed,
  injectAt: (leader: SentinelPlace) => Promise<ActiveFault>,
): Promise<ActiveFault> {
  const primary = await testbed.resolve('primary')
  const hung = testbed.dataCentre.process(primary)
  const before = new Map<SentinelPlace, number>()
  for (const place of SENTINEL_PLACES) before.set(place, await countInLog(testbed, place, '+elected-leader'))
  hung.pause()
  let leader: SentinelPlace | null = null
  try {
    const newLeader = async () => {
      for (const place of SENTINEL_PLACES) {
        if ((await countInLog(testbed, place, '+elected-leader')) > (before.get(place) ?? 0)) leader = place
      }
      return leader !== null
    }
    // The election may not happen, because another fault may prevent it.
    await until('a Sentinel is elected', newLeader, { timeoutMs: ELECTION_TIMEOUT_MS }).catch(() => {})
    if (leader === null) return { where: primary, evidence: async () => null, end: async () => {} }
    const injected = await injectAt(leader)
    await new Promise((resolve) => setTimeout(resolve, PRIMARY_HANG_MS))
    return { ...injected, where: `${primary}, then ${injected.where}` }
  } finally {
    hung.resume()
  }
}

const stallLeader: Fault = {
  summary:
    'the primary hangs, and the elected Sentinel is paused; it resumes in TILT, and continues its failover 30 s later',
  scope: 'everywhere',
  durationsMs: [2200, 3000, 4000],
  start: (testbed) =>
    afterElection(testbed, async (leader) => {
      const process = testbed.dataCentre.process(leader)
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
  scope: 'everywhere',
  needs: 'clocks',
  durationsMs: FREEZE_DURATIONS_MS,
  start: (testbed) =>
    afterElection(testbed, (leader) =>
      pauseMachine(testbed, dataMachine(testbed, hostOf(leader)), ALL_CLOCKS),
    ),
}

export const MACHINE_FAULTS = {
  'freeze-host': { ...freezeHost, durationsMs: FREEZE_DURATIONS_MS },
  'freeze-app': { ...freezeApp, durationsMs: FREEZE_DURATIONS_MS },
  'suspend-app': { ...suspendApp, durationsMs: FREEZE_DURATIONS_MS },
  'stall-leader': stallLeader,
  'freeze-leader': freezeLeader,
} as const satisfies Record<string, Fault>
