import type { DataCentrePlace } from '@holdfast/operations/data-centre/open'
import {
  planCertificateRotation,
  rotateCertificates as runCertificates,
} from '@holdfast/operations/rotate/certificates/rotate-certificates'
import { planSiteCertificates } from '@holdfast/operations/rotate/certificates/site-plan'
import {
  planKeyringRotation,
  rotateKeyring as runKeyring,
} from '@holdfast/operations/rotate/keyring/rotate-keyring'
import {
  planPasswordRotation,
  rotatePasswords as runPasswords,
} from '@holdfast/operations/rotate/passwords/rotate-passwords'
import type { PasswordName } from '@holdfast/operations/rotate/passwords/users'
import { loadSite } from '@holdfast/site/check/check-site'
import { UsageError } from '../../command-line/command-spec.ts'
import { EXIT, type ExitCode } from '../../command-line/exit-codes.ts'
import { assertTerminal, confirm } from '../../command-line/prompt.ts'
import { locatorFromOptions, toCliFlags } from '../../data-centre/locator.ts'
import type { LocatorOptions } from '../../data-centre/options.ts'
import { LiveOutput } from '../../terminal/live.ts'
import { paint } from '../../terminal/paint.ts'
import { abortOnSignals } from '../../terminal/signals.ts'
import { certificatesText, keyringText, manualText, passwordsText, planText } from './text.ts'

/** The options of every rotation. */
interface RotateOptions extends LocatorOptions {
  stage?: 'begin' | 'finish'
  deliverCommand?: string
  dryRun?: boolean
  json?: boolean
}

export interface PasswordOptions extends RotateOptions {
  user?: PasswordName[]
  undo?: boolean
  yes?: boolean
}

/** Rotates passwords, or prints the plan. Throws `UsageError`, and what `rotatePasswords` of `@holdfast/operations` throws. */
export async function rotatePasswords(options: PasswordOptions): Promise<ExitCode> {
  const { user, undo = false, yes = false, stage, dryRun, json } = options
  if (undo && stage !== undefined) throw new UsageError('Give --stage or --undo, not both')
  const request = { ...requestFrom(options), undo, ...(user === undefined ? {} : { users: user }) }
  if (dryRun) return printPlan(await planPasswordRotation(request), json)
  if (removesPasswords(options) && !yes) {
    const steps = await planPasswordRotation(request)
    assertTerminal()
    for (const step of steps) console.error(`  ${paint.faint('-')} ${step}`)
    const question = 'The old passwords stop working, also for clients that Holdfast cannot reach. Continue?'
    if (!(await confirm(question))) {
      console.error('Nothing was changed.')
      return EXIT.failed
    }
  }
  const report = await withProgress((progress) => runPasswords({ ...request, ...progress }))
  console.log(json ? JSON.stringify(report) : passwordsText(report, toCliFlags(options)))
  return EXIT.ok
}

/** Where people bring the files to the hosts, a run without a stage only adds passwords. */
function removesPasswords({ stage, undo, file, deliverCommand }: PasswordOptions): boolean {
  const runsBothStages = file === undefined || deliverCommand !== undefined
  return stage === 'finish' || (stage === undefined && !undo && runsBothStages)
}

export interface CertificateOptions extends RotateOptions {
  days?: number
  within?: number
  manual?: boolean
}

/** Rotates certificates, or prints the plan. Throws `UsageError`, and what `rotateCertificates` of `@holdfast/operations` throws. */
export async function rotateCertificates(options: CertificateOptions): Promise<ExitCode> {
  const { days, within, stage, manual, file, dryRun, json } = options
  if (stage !== undefined && file === undefined) {
    throw new UsageError('--stage needs --file: a local data centre needs no second stage')
  }
  if (manual) {
    if (file === undefined) throw new UsageError('--manual needs --file')
    return printManualSteps(file, json)
  }
  const request = {
    ...requestFrom(options),
    ...(days === undefined ? {} : { days }),
    ...(within === undefined ? {} : { withinDays: within }),
  }
  if (dryRun) return printPlan(await planCertificateRotation(request), json)
  const report = await withProgress((progress) => runCertificates({ ...request, ...progress }))
  console.log(json ? JSON.stringify(report) : certificatesText(report, toCliFlags(options)))
  return EXIT.ok
}

async function printManualSteps(file: string, json: boolean | undefined): Promise<ExitCode> {
  const plan = planSiteCertificates(await loadSite(file))
  if (plan.hosts.length === 0) {
    throw new UsageError(`The hosts of ${file} have no certificates, because its transport uses none`)
  }
  console.log(json ? JSON.stringify(plan) : manualText(plan, file))
  return EXIT.ok
}

export interface KeyringOptions extends RotateOptions {
  forgetOld?: boolean
}

/** Rotates the sealing key, or prints the plan. Throws `UsageError`, and what `rotateKeyring` of `@holdfast/operations` throws. */
export async function rotateKeyring(options: KeyringOptions): Promise<ExitCode> {
  const { stage, forgetOld = false, dryRun, json } = options
  if (forgetOld && stage !== undefined) throw new UsageError('Give --stage or --forget-old, not both')
  const request = { ...requestFrom(options), forgetOld }
  if (dryRun) return printPlan(await planKeyringRotation(request), json)
  const report = await withProgress((progress) => runKeyring({ ...request, ...progress }))
  console.log(json ? JSON.stringify(report) : keyringText(report, toCliFlags(options)))
  return EXIT.ok
}

type Request = DataCentrePlace & Pick<RotateOptions, 'stage' | 'deliverCommand'>

/** What every rotation passes on. Throws `UsageError` if `--deliver-command` is given for a local data centre. */
function requestFrom(options: RotateOptions): Request {
  const { stage, deliverCommand, file } = options
  if (deliverCommand !== undefined && file === undefined) {
    throw new UsageError('--deliver-command needs --file: local gateways reload their files by themselves')
  }
  return {
    ...locatorFromOptions(options),
    ...(stage === undefined ? {} : { stage }),
    ...(deliverCommand === undefined ? {} : { deliverCommand }),
  }
}

function printPlan(steps: readonly string[], json: boolean | undefined): ExitCode {
  console.log(json ? JSON.stringify({ steps }) : planText(steps))
  return EXIT.ok
}

interface Progress {
  signal: AbortSignal
  onProgress: (progress: { text: string }) => void
}

/** Runs a rotation and shows its current step on a line that changes, or in a pipe one line per step. */
async function withProgress<Report>(rotate: (progress: Progress) => Promise<Report>): Promise<Report> {
  const { signal } = abortOnSignals()
  const output = new LiveOutput(process.stderr)
  try {
    return await rotate({
      signal,
      onProgress: ({ text }) => {
        if (output.isLive) output.update(paint.faint(`  ${text}`))
        else output.print(`  ${text}`)
      },
    })
  } finally {
    output.end()
  }
}
