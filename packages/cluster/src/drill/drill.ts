import { randomBytes } from 'node:crypto'
import { connectControl } from '../operate/control-client.ts'
import { askReadyz } from '../operate/readyz.ts'
import { switchover } from '../operate/switchover/switchover.ts'
import { auditEverywhere, auditPrimary } from './audit.ts'
import { DrillError } from './errors.ts'
import { doHarm } from './harm.ts'
import { createHttpClient } from './http.ts'
import { Ledger } from './ledger.ts'
import { type DrillOptions, drillSettings } from './options.ts'
import { sightAddress, watchPrimary } from './primary-watch.ts'
import { reportProgress } from './progress.ts'
import { type DrillReport, judge } from './report.ts'
import type { Run } from './run.ts'
import { Tally } from './tally.ts'
import { readTarget } from './target.ts'
import { createUserClient } from './users.ts'
import { pause, waitUntil } from './waiting.ts'
import { createWorkload } from './workload.ts'

/** How long a data centre may take to be whole, before a drill and after it (in milliseconds). */
const WHOLE_TIMEOUT_MS = 60_000
/** A gateway that is slower is not ready. */
const READY_TIMEOUT_MS = 1000

/**
 * Lets users work on a running data centre, does it harm, and counts what they noticed.
 *
 * Never leaves its fault or its users behind, also when it throws: `INVALID_OPTION`, `NOT_RUNNING`, or a
 * {@link DrillError} with `NOT_WHOLE`, `LOGIN_REFUSED` or `DRILL_ABORTED`. What went wrong for users is not thrown: it is in
 * the report.
 */
export async function runDrill(options: DrillOptions): Promise<DrillReport> {
  const settings = drillSettings(options)
  const { stateDir, accounts, onProgress, signal = new AbortController().signal } = options
  const target = await readTarget(stateDir)
  const control = { ...connectControl(stateDir), switchover: () => switchover({ stateDir }) }
  await control.status()
  const http = createHttpClient()
  const breakOff = () => http.close()
  signal.addEventListener('abort', breakOff)
  const watch = watchPrimary({ nodes: target.redis, ...target.admin })
  const tally = new Tally()
  const ledger = new Ledger()
  const progress = reportProgress({ tally, ledger, users: settings.users, onProgress })
  const run: Run = {
    target,
    control,
    settings,
    signal,
    client: createUserClient(http),
    watch,
    ledger,
    tally,
    progress,
    names: drillNames(settings.users),
    password: randomBytes(24).toString('base64url'),
  }
  try {
    progress.enter('prepare', 'Waiting until every process runs and every replica follows.')
    if (!(await becomesWhole(run))) throw notWhole()
    // Also those of a drill that was killed.
    await accounts.remove(target.usersFile, isDrillName)
    try {
      await accounts.add(target.usersFile, run.names, run.password)
      return await workAndHarm(run)
    } finally {
      await accounts.remove(target.usersFile, isDrillName)
    }
  } finally {
    signal.removeEventListener('abort', breakOff)
    progress.end()
    watch.stop()
    http.close()
  }
}

async function workAndHarm(run: Run): Promise<DrillReport> {
  const { target, settings, ledger, tally, progress, watch, signal, names } = run
  const startedAt = new Date()
  const workload = createWorkload(run)

  progress.enter('log-in', `${names.length} users log in through ${target.balancer}.`)
  await workload.logInAll(names, signal)
  await pause(0, signal)
  if (ledger.acknowledged === 0) throw nobodyLoggedIn(run)

  progress.enter('warm-up', `${settings.requestsPerSecond} verifications a second, round robin.`)
  const load = workload.start({ ...settings, names })
  try {
    await pause(settings.warmUpMs, signal)
    return await doHarm(run, async (harm, undo) => {
      const loadMs = await load.stop()

      progress.enter('audit', 'Every acknowledged login is looked up on the primary.')
      const first = await auditPrimary(run)

      progress.enter('recover', 'The data centre becomes whole again.')
      await undo()
      const isWhole = await becomesWhole(run)

      progress.enter('audit', 'Every acknowledged login is looked up again, and through every gateway.')
      const second = await auditEverywhere(run)
      const after = watch.current()
      return judge({
        ...harm,
        settings,
        tally,
        startedAt,
        loadMs,
        durationMs: performance.now() - tally.startedAtMs,
        primary: { before: harm.before, after: after && sightAddress(after) },
        acknowledgedLogouts: ledger.ended.length,
        loggedOutIds: new Set([...ledger.loggedOutIds, ...second.refused]),
        missingIds: new Set([...first.missing, ...second.missing]),
        undoneIds: new Set([...ledger.undoneIds, ...first.undone, ...second.undone]),
        audited: { primary: second.onPrimary, gateways: second.throughGateways },
        holes: [...first.holes, ...(isWhole ? [] : [NOT_WHOLE_AFTER]), ...second.holes],
      })
    })
  } finally {
    await load.stop()
  }
}

function becomesWhole({ watch, control, target, signal }: Run): Promise<boolean> {
  return waitUntil(
    async () => {
      if (!watch.isWhole()) return false
      const { processes } = await control.status()
      if (!processes.every(({ state }) => state === 'running')) return false
      // One that has just been started runs before it listens: it must know what the others know first.
      return (await Promise.all(target.gateways.map(isReady))).every(Boolean)
    },
    WHOLE_TIMEOUT_MS,
    signal,
  )
}

const isReady = (gateway: string): Promise<boolean> =>
  askReadyz(gateway, AbortSignal.timeout(READY_TIMEOUT_MS)).then(
    (status) => status === 200,
    () => false,
  )

function drillNames(count: number): string[] {
  const run = randomBytes(4).toString('hex')
  return Array.from({ length: count }, (_, index) => `drill-${run}-${index + 1}`)
}

const isDrillName = (name: string) => /^drill-[0-9a-f]{8}-\d+$/.test(name)

const NOT_WHOLE_AFTER = `The data centre was not whole again ${WHOLE_TIMEOUT_MS / 1000} s after the fault.`

const notWhole = () =>
  new DrillError(
    'NOT_WHOLE',
    'The data centre is not whole: not every process runs, or a replica does not follow. ' +
      'See `holdfast status`, and try again when all is well.',
  )

function nobodyLoggedIn({ tally, target }: Run): DrillError {
  const [first] = tally.samples
  return new DrillError(
    'LOGIN_REFUSED',
    `None of the drill's users could log in through ${target.balancer}: ${first?.what ?? 'no answer'}. ` +
      "See the gateways' logs in the state folder.",
  )
}
