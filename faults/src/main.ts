/** `npm run faults`. See cli/arguments.ts for its options and exit-codes.ts for its exit codes. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runAll } from './campaign/campaign.ts'
import { plansOf } from './campaign/plans.ts'
import { isExpected } from './campaign/result.ts'
import { ResultsFile } from './campaign/results-file.ts'
import { revisionOf } from './campaign/revision.ts'
import { WorkingFolder } from './campaign/working-folder.ts'
import { type Arguments, readArguments, USAGE, UsageError } from './cli/arguments.ts'
import { listText } from './cli/list.ts'
import { progressLine } from './cli/progress.ts'
import { EXIT } from './exit-codes.ts'
import { missingRequirement } from './hosts/requirements.ts'
import { renderPicture } from './report/picture-svg.ts'
import { renderProxyReport } from './report/proxy-report.ts'
import { renderReport } from './report/report.ts'
import { isKeySystem, type SystemName } from './systems/system.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const REPORT_FOLDER = fileURLToPath(new URL('..', import.meta.url))
const RESULTS_FOLDER = join(ROOT, '.holdfast', 'faults')

async function runCampaign(args: Arguments): Promise<number> {
  const missing = await missingRequirement()
  if (missing !== null) {
    console.error(`The fault campaign cannot run here: ${missing} Nothing was run.`)
    return EXIT.cannotRun
  }
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort())
  const results = await ResultsFile.open(args.results ?? RESULTS_FOLDER, { fresh: args.fresh })
  const revision = await revisionOf(ROOT)
  const workingFolder = await WorkingFolder.open()
  const plans = plansOf(args)
  let done = 0
  try {
    const finished = await runAll({
      plans,
      parallel: Math.min(args.parallel, plans.length),
      minutes: args.minutes,
      workingFolder,
      evidenceFolder: join(results.folder, 'failed'),
      onResult: (result, record, evidence) => {
        results.add({ ...result, revision })
        if (record !== null) results.savePicture(record)
        done += 1
        console.log(progressLine(result, done, plans.length, evidence))
      },
      signal: stop.signal,
    })
    const failed = finished.filter((result) => !isExpected(result))
    const skipped = plans.length - finished.length
    const skippedNote =
      skipped === 0 ? '' : ` ${skipped} were not started because the time limit was reached.`
    console.log(
      `${finished.length - failed.length} of ${finished.length} runs had the required result.${skippedNote}`,
    )
    for (const { plan } of failed)
      console.log(`  without it: ${plan.name}${plan.system === 'holdfast' ? '' : ` @ ${plan.system}`}`)
    return failed.length === 0 && finished.length > 0 ? EXIT.green : EXIT.violation
  } catch (error) {
    if (!stop.signal.aborted) throw error
    console.error(
      `Interrupted after ${done} of ${plans.length} runs. All processes are stopped and all temporary files removed.`,
    )
    return EXIT.interrupted
  } finally {
    await workingFolder.close()
  }
}

async function report(folder: string, system: SystemName): Promise<void> {
  const results = await ResultsFile.open(folder)
  const isOfProxy = isKeySystem(system)
  const file = join(REPORT_FOLDER, isOfProxy ? 'REPORT-PROXY.md' : 'REPORT.md')
  await writeFile(file, (isOfProxy ? renderProxyReport : renderReport)(await results.read()))
  const picture = isOfProxy ? null : await results.readPicture()
  if (picture !== null) await writeFile(join(REPORT_FOLDER, 'failover.svg'), renderPicture(picture))
  console.log(`Wrote ${file}`)
}

async function main(): Promise<number> {
  let args: Arguments
  try {
    args = readArguments(process.argv.slice(2))
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(`${error.message}\n\n${USAGE}`)
    return EXIT.usage
  }
  if (args.command === 'help') console.log(USAGE)
  else if (args.command === 'list') console.log(listText())
  else if (args.command === 'report') await report(args.results ?? RESULTS_FOLDER, args.system)
  else return runCampaign(args)
  return EXIT.green
}

process.exitCode = await main()
