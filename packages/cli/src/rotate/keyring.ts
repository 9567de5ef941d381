import { type KeyringReport, planKeyringRotation, rotateKeyring as rotate } from '@holdfast/cluster'
import { UsageError } from '../command.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { placeAgain, placeOf } from '../place.ts'
import { duration, plural } from '../terminal/format.ts'
import { paint } from '../terminal/paint.ts'
import { abortOnSignals } from '../up/signals.ts'
import { hostsText } from './hosts-text.ts'
import { type RotateOptions, refuseDelivery } from './options.ts'
import { planText } from './plan-text.ts'

export interface KeyringOptions extends RotateOptions {
  stage?: 'begin' | 'finish'
  forgetOld?: boolean
}

/** Brings a new sealing key into the ring, or says what it would do. Throws `UsageError`, and what `rotateKeyring` of the cluster throws. */
export async function rotateKeyring(options: KeyringOptions): Promise<ExitCode> {
  const { stage, forgetOld = false, deliverCommand, dryRun, json, ...where } = options
  if (forgetOld && stage !== undefined) throw new UsageError('Give --stage or --forget-old, not both')
  refuseDelivery(options)
  const asked = {
    ...placeOf(where),
    forgetOld,
    ...(stage === undefined ? {} : { stage }),
    ...(deliverCommand === undefined ? {} : { deliverCommand }),
  }
  if (dryRun) {
    const steps = await planKeyringRotation(asked)
    console.log(json ? JSON.stringify({ steps }) : planText(steps))
    return EXIT.ok
  }
  const { signal } = abortOnSignals()
  const onProgress = ({ text }: { text: string }) => console.error(paint.faint(`  ${text}`))
  const report = await rotate({ ...asked, onProgress, signal })
  console.log(json ? JSON.stringify(report) : keyringText(report, placeAgain(where)))
  return EXIT.ok
}

/** `again` names the same data centre once more. */
function keyringText(report: KeyringReport, again: string): string {
  const { state, forgotten, kept, hosts } = report
  const finish = paint.accent(`holdfast rotate keyring --stage finish${again}`)
  return [
    `  ${paint.good('✓')} ${standing(report)} ${paint.faint(`(${duration(report.tookMs)})`)}`,
    ...forgotten.map((key) => `  ${paint.strong(key)} is forgotten: no live session needed it.`),
    ...kept.map(({ key, sessions }) =>
      sessions === null
        ? `  ${paint.strong(key)} stays: it has been out of use for less than 12 h.`
        : `  ${paint.strong(key)} stays: ${plural(sessions, 'live session')} ${sessions === 1 ? 'needs' : 'need'} it.`,
    ),
    ...(hosts.length === 0
      ? []
      : ['', ...hostsText('Render the site now, bring these to the hosts, and do there:', hosts)]),
    ...(state === 'done'
      ? []
      : hosts.length > 0
        ? ['', `  When all have it:  ${finish}`]
        : [`  Give the ring in secrets.json to every application that has a copy; then: ${finish}`]),
  ].join('\n')
}

/** How far it has come, in a sentence. */
function standing({ next, current, before, hosts }: KeyringReport): string {
  if (next !== null && hosts.length > 0) {
    return next === current
      ? `${paint.strong(next)} is the current key in secrets.json, and every gateway knows it.`
      : `${paint.strong(next)} is in the ring of secrets.json; ${current} still seals.`
  }
  if (next !== null) return `Every gateway knows ${paint.strong(next)}; ${current} still seals.`
  return current === before
    ? `${paint.strong(current)} seals new sessions.`
    : `${paint.strong(current)} seals new sessions, after ${before}.`
}
