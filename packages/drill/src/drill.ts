import { randomBytes } from 'node:crypto'
import { inTurn } from '@holdfast/local/state/lock'
import { openLocal } from '@holdfast/local/state/open'
import { connectControl } from '@holdfast/local/supervise/control-client'
import { aclProcesses, applicationConnections } from '@holdfast/operations/rotate/passwords/acl-processes'
import { undoJournaled } from '@holdfast/operations/undo/cleanup'
import { undoJournalFile } from '@holdfast/operations/undo/undo-journal'
import { formatAddress } from '@holdfast/tokens/redis'
import { AcknowledgedSessions } from './acknowledged-sessions.ts'
import { auditEverywhere, auditPrimary } from './audit.ts'
import { readEnvironment } from './environment.ts'
import { DrillError } from './errors.ts'
import type { FaultTools } from './faults/plan.ts'
import { HEALTHY_TIMEOUT_MS, waitUntilHealthy } from './health.ts'
import { createHttpClient } from './http.ts'
import { LoadMetrics } from './load-metrics.ts'
import { defaultObjectives } from './objectives/default.ts'
import { type DrillOptions, drillSettings } from './options.ts'
import { addressOfNode, watchPrimary } from './primary-watch.ts'
import { reportProgress } from './progress.ts'
import { PlainLoad, type PlainReport, READS_PER_SECOND, WRITES_PER_SECOND } from './redis/plain-load.ts'
import { idOf } from './rehearsal/list.ts'
import { type DrillEvidence, type DrillReport, judge } from './report.ts'
import type { Run } from './run.ts'
import { injectAndObserve } from './run-fault.ts'
import { type DrillTarget, readTarget } from './target.ts'
import { createUserClient } from './users.ts'
import { pause } from './waiting.ts'
import { createWorkload } from './workload.ts'

/**
 * Injects a fault into a running data centre under simulated load, and reports what users would notice. No other
 * operation can change the data centre meanwhile. First it undoes the fault that a killed drill may have left.
 *
 * Undoes its own fault and removes its users, also when it throws: `INVALID_OPTION`, `NOT_RUNNING`, `BUSY`, the error of
 * an operation that takes the place of the fault, or a {@link DrillError} with `NOT_WHOLE`, `LOGIN_REFUSED`, `NOT_UNDONE`
 * or `DRILL_ABORTED`. Errors that users saw are not thrown: they are in the report.
 */
export async function runDrill(options: DrillOptions): Promise<DrillReport> {
  drillSettings(options)
  return inTurn(
    () => openLocal(options.stateDir),
    'drill',
    () => runDrillLocked(options),
  )
}

/** The same for a caller that holds the lock. */
export async function runDrillLocked(options: DrillOptions): Promise<DrillReport> {
  const settings = drillSettings(options)
  const { stateDir, accounts, onProgress, signal = new AbortController().signal } = options
  const target = await readTarget(stateDir)
  const { dataCentre, topology, nodes, sentinels } = target
  const processes = aclProcesses(target)
  const tools: FaultTools = {
    control: connectControl(stateDir),
    ask: (node, commands, timeoutMs) => nodes.send(node, commands, timeoutMs),
    redis: target.redis,
    downAfterMs: topology.timings.downAfterMs,
    dataCentre,
    renew: () => target.renew(),
    connections: (kinds) => applicationConnections(processes.filter(({ kind }) => kinds.includes(kind))),
  }
  const undoJournal = undoJournalFile(dataCentre.folder)
  const http = createHttpClient()
  const interrupt = () => http.close()
  const watch = watchPrimary({ nodes: target.redis, access: () => target.admin() })
  const metrics = new LoadMetrics()
  const sessions = new AcknowledgedSessions()
  const progress = reportProgress({
    metrics,
    sessions,
    users: settings.users,
    redis: () => run.redis && { commands: run.redis.commands, failed: run.redis.failedCommands },
    onProgress,
  })
  const run: Run = {
    target,
    tools,
    undoJournal,
    settings,
    signal,
    client: createUserClient(http),
    watch,
    sessions,
    metrics,
    progress,
    names: drillNames(settings.users),
    password: randomBytes(24).toString('base64url'),
    redis: null,
  }
  signal.addEventListener('abort', interrupt)
  try {
    await tools.control.status()
    const undone = await undoJournaled(dataCentre.folder, tools)
    progress.enter(
      'prepare',
      'Waiting until every process runs, every replica is linked and all Sentinels agree.',
    )
    if (undone !== null) progress.say(`Undid the fault that a killed drill had left: ${undone}.`)
    const unhealthy = await waitUntilHealthy(run)
    if (unhealthy !== null) throw notHealthy(unhealthy)
    // A killed drill may have left users, too.
    await accounts.remove(target.usersFile, isDrillUser)
    try {
      await accounts.add(target.usersFile, run.names, run.password)
      return await runLoad(run, {
        id: options.id ?? idOf(settings.fault),
        objectives: options.objectives ?? defaultObjectives(topology.timings),
        environment: await readEnvironment(dataCentre.plan, tools),
      })
    } finally {
      await accounts.remove(target.usersFile, isDrillUser)
    }
  } finally {
    signal.removeEventListener('abort', interrupt)
    progress.end()
    run.redis?.close()
    watch.stop()
    http.close()
    nodes.close()
    sentinels.close()
  }
}

async function runLoad(
  run: Run,
  given: Pick<DrillEvidence, 'id' | 'objectives' | 'environment'>,
): Promise<DrillReport> {
  const { target, settings, sessions, metrics, progress, watch, signal, names } = run
  const startedAt = new Date()
  const workload = createWorkload(run)

  metrics.requestsBegin()
  progress.enter('log-in', `${names.length} users log in through ${target.balancer}.`)
  await workload.logInAll(names, signal)
  await pause(0, signal)
  if (sessions.acknowledged === 0) throw noLogin(run)

  progress.enter('warm-up', `${settings.requestsPerSecond} verifications per second, round robin.`)
  if (settings.redis) {
    run.redis = await PlainLoad.start(target)
    progress.say(plainLoadText(target))
  }
  metrics.timeline.mark('load-begins', 'load starts', performance.now())
  const load = workload.start({ ...settings, names })
  try {
    await pause(settings.warmUpMs, signal)
    const writesBefore = run.redis?.acknowledgedWrites ?? 0
    return await injectAndObserve(run, async (outcome, undo) => {
      metrics.timeline.mark('load-ends', 'load stops', performance.now())
      const [loadMs] = await Promise.all([load.stop(), run.redis?.stop()])
      const writesAfterFault = (run.redis?.acknowledgedWrites ?? 0) - writesBefore

      progress.enter('audit', 'Looking up every acknowledged login on the primary.')
      const first = await auditPrimary(run)

      progress.enter('recover', 'Waiting until the data centre is healthy again.')
      await undo()
      const unhealthy = await waitUntilHealthy(run)
      if (unhealthy === null)
        metrics.timeline.mark('whole', 'the data centre is healthy again', performance.now())

      progress.enter('audit', 'Looking up every acknowledged login again, and through every gateway.')
      const second = await auditEverywhere(run)
      const redis = await reportOf(run)
      const after = watch.current()
      return judge({
        ...given,
        ...outcome,
        settings,
        metrics,
        startedAt,
        loadMs,
        durationMs: performance.now() - metrics.startedAtMs,
        primary: { before: outcome.before, after: after && addressOfNode(after) },
        acknowledgedLogouts: sessions.ended.length,
        redis: redis.report,
        writesAfterFault,
        loggedOutIds: new Set([...sessions.loggedOutIds, ...second.refused]),
        missingIds: new Set([...first.missing, ...second.missing]),
        undoneIds: new Set([...sessions.undoneIds, ...first.undone, ...second.undone]),
        audited: { primary: second.onPrimary, gateways: second.throughGateways },
        holes: [
          ...first.holes,
          ...(unhealthy === null ? [] : [notHealthyAfter(unhealthy)]),
          ...second.holes,
          ...redis.holes,
        ],
      })
    })
  } finally {
    await Promise.all([load.stop(), run.redis?.stop()])
  }
}

/** What the plain Redis clients noticed. If their writes cannot be looked up, the drill proves nothing. */
async function reportOf(run: Run): Promise<{ report: PlainReport | null; holes: string[] }> {
  try {
    return { report: (await run.redis?.report(run.watch, run.target)) ?? null, holes: [] }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { report: null, holes: [`The writes of the Redis clients could not be looked up: ${why}`] }
  }
}

const plainLoadText = ({ dataCentre }: DrillTarget) =>
  `Redis clients: ${READS_PER_SECOND} reads, ${WRITES_PER_SECOND} writes per second through ${formatAddress(dataCentre.plan.addresses.proxy)}.`

function drillNames(count: number): string[] {
  const run = randomBytes(4).toString('hex')
  return Array.from({ length: count }, (_, index) => `drill-${run}-${index + 1}`)
}

/** Whether a drill has added this user of the gateways. */
export const isDrillUser = (name: string) => /^drill-[0-9a-f]{8}-\d+$/.test(name)

const notHealthyAfter = (reason: string) =>
  `The data centre was still not healthy ${HEALTHY_TIMEOUT_MS / 1000} s after the fault. ${reason}`

const notHealthy = (reason: string) =>
  new DrillError(
    'NOT_WHOLE',
    `The data centre is not healthy. ${reason} Fix what \`holdfast doctor\` finds, then run the drill again.`,
  )

function noLogin({ metrics, target }: Run): DrillError {
  const [first] = metrics.samples
  return new DrillError(
    'LOGIN_REFUSED',
    `No user of the drill could log in through ${target.balancer}: ${first?.what ?? 'no answer'}. ` +
      'See the logs of the gateways in the state folder.',
  )
}
