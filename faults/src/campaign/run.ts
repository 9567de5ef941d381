import { readFile } from 'node:fs/promises'
import { generateSecrets } from '@holdfast/site/secrets/secrets'
import { applicationLogin, DATA_CENTRE } from '../data-centre/names.ts'
import { readHistory } from '../history/codec.ts'
import { monotonicMs } from '../history/events.ts'
import { APP_HOSTS } from '../hosts/places.ts'
import type { RunPlan } from '../schedule/plan.ts'
import { Fleet } from '../site/fleet.ts'
import { readSentinelEvents } from '../site/sentinel-log.ts'
import { Site } from '../site/site.ts'
import { Timeline, type TimelineEntry } from '../site/timeline.ts'
import { lookOf, openSystem } from '../systems/open.ts'
import { readFinally } from './final-readings.ts'
import { judge } from './judge.ts'
import { pictureOf } from './picture.ts'
import { playFaults } from './play.ts'
import type { RunRecord } from './result.ts'

export interface RunOptions {
  plan: RunPlan
  /** An empty folder for the logs, the history and all data. */
  folder: string
  clockShim: string
  /** Receives the current stage of the run. */
  onStage: (stage: string) => void
}

/** Long enough for leases to end and for servers to replay their journals. */
const SETTLE_MS = 2500
const READY_MS = 20_000

/**
 * Runs one plan in the namespaces of this process: start of the site, users, faults, recovery, final readings,
 * verdict.
 */
export async function run({ plan, folder, clockShim, onStage }: RunOptions): Promise<RunRecord> {
  const startedMs = performance.now()
  const timeline = new Timeline()
  const secrets = generateSecrets(DATA_CENTRE)
  const { keyring } = secrets
  const look = lookOf(plan.system)
  onStage('starting')
  const site = await Site.create({
    folder,
    system: plan.system,
    timings: plan.timings,
    secrets,
    timeline,
    clockShim: plan.shiftableClocks ? clockShim : null,
    smallDisks: plan.smallDisks,
    watchdogs: plan.watchdogs,
    // A control does not have a guard.
    guards: plan.guards && plan.system === 'holdfast',
  })
  const { idleMs, leaseMs, seed, system, workload } = plan
  site.fleet = new Fleet({
    folder,
    timeline,
    idOf: look.idOf,
    login: applicationLogin(secrets),
    env: (host) => site.environmentOf(host),
    settingsOf: (name, historyFile, login) => ({
      name,
      login,
      seed,
      system,
      keyring,
      idleMs,
      leaseMs,
      workload,
      historyFile,
    }),
  })
  const hosts = Array.from(
    { length: plan.workers },
    (_, index) => APP_HOSTS[index % APP_HOSTS.length] ?? 'app1',
  )
  // The processes load their program while the data centre starts.
  for (const host of hosts) site.fleet.prepare(host)
  await site.startDataCentre()
  await Promise.all(hosts.map((host) => site.fleet.start(host)))
  await pause(plan.warmUpMs)
  onStage('faults')
  await playFaults(site, plan)
  onStage('recovery')
  await site.dataCentre.hurrySentinels()
  await site.dataCentre.waitUntilWhole()
  await pause(SETTLE_MS)
  await site.fleet.stop()
  onStage('checking')
  // Servers replay their journals after a change of primary, and a hung process may have resumed just now.
  await site.dataCentre.waitUntilWhole()
  const reader = await openSystem(system, { keyring, login: site.fleet.login, idleMs, leaseMs })
  const isReady = await reader.ready(READY_MS).then(
    () => true,
    (error: unknown) => {
      timeline.note(`The API did not become ready: ${error instanceof Error ? error.message : String(error)}`)
      return false
    },
  )
  const tokens = [...site.fleet.tokens.values()].map(({ token }) => token)
  const readings = await readFinally(tokens, look, isReady ? reader : null)
  await reader.close()
  const events = await readHistory(site.fleet.historyFiles)
  const result = judge({
    plan,
    events,
    readings,
    spans: site.timeline.spans,
    longestStallMs: site.fleet.longestStallMs,
    tookMs: Math.round(performance.now() - startedMs),
  })
  timeline.entries.push(...(await readSentinelLogs(site)))
  timeline.entries.sort((one, other) => one.atMs - other.atMs)
  return { result, timeline: timeline.entries, picture: pictureOf(events, timeline) }
}

async function readSentinelLogs(site: Site): Promise<TimelineEntry[]> {
  const wallClockMs = Date.now() - monotonicMs()
  const [first] = site.timeline.entries
  const entries: TimelineEntry[] = []
  for (const [place, file] of site.dataCentre.logFiles()) {
    if (place.length === 1) continue
    entries.push(...readSentinelEvents(place, await readFile(file, 'utf8'), wallClockMs))
  }
  return entries.filter(({ atMs }) => first !== undefined && atMs > first.atMs - 100)
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
