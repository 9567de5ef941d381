import {
  type CertificatesReport,
  loadSite,
  planCertificateRotation,
  planSiteCertificates,
  rotateCertificates as rotate,
} from '@holdfast/cluster'
import { UsageError } from '../command.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { placeAgain, placeOf } from '../place.ts'
import { duration, plural } from '../terminal/format.ts'
import { paint } from '../terminal/paint.ts'
import { abortOnSignals } from '../up/signals.ts'
import { hostsText } from './hosts-text.ts'
import { type RotateOptions, refuseDelivery } from './options.ts'
import { planText } from './plan-text.ts'
import { sitePlanText } from './site-plan-text.ts'

export interface CertificateOptions extends RotateOptions {
  days?: number
  within?: number
  stage?: 'begin' | 'finish'
  site?: string
}

/** Gives every process a new certificate, or says how. Throws `UsageError`, and what `rotateCertificates` of the cluster throws. */
export async function rotateCertificates(options: CertificateOptions): Promise<ExitCode> {
  const { days, within, stage, deliverCommand, site, dryRun, json, ...where } = options
  if (site !== undefined) {
    const plan = planSiteCertificates(await loadSite(site))
    if (plan.hosts.length === 0)
      throw new UsageError(`The hosts of ${site} have no certificates: its transport has none`)
    console.log(json ? JSON.stringify(plan) : sitePlanText(plan, site))
    return EXIT.ok
  }
  refuseDelivery(options)
  if (stage !== undefined && where.file === undefined)
    throw new UsageError('--stage belongs to --file: here nothing has to be brought anywhere')
  const asked = {
    ...placeOf(where),
    ...(days === undefined ? {} : { days }),
    ...(within === undefined ? {} : { withinDays: within }),
    ...(stage === undefined ? {} : { stage }),
    ...(deliverCommand === undefined ? {} : { deliverCommand }),
  }
  if (dryRun) {
    const steps = await planCertificateRotation(asked)
    console.log(json ? JSON.stringify({ steps }) : planText(steps))
    return EXIT.ok
  }
  const { signal } = abortOnSignals()
  const report = await rotate({
    ...asked,
    onProgress: ({ text }) => console.error(paint.faint(`  ${text}`)),
    signal,
  })
  console.log(json ? JSON.stringify(report) : certificatesText(report, placeAgain(where)))
  return EXIT.ok
}

/** An authority that ends sooner wants another one soon: no certificate outlasts it. */
const AUTHORITY_SOON_DAYS = 180

/** `again` names the same data centre once more. */
function certificatesText(report: CertificatesReport, again: string): string {
  const { state, renewed, notAfter, authorityDaysLeft, resumed, hosts, tookMs } = report
  if (notAfter === null) return `  ${paint.good('✓')} No certificate is due.`
  const soon = authorityDaysLeft < AUTHORITY_SOON_DAYS
  const issued = state === 'waiting' ? ' issued' : ''
  return [
    `  ${paint.good('✓')} ${plural(renewed.length, 'new certificate')}${issued}, good until ${paint.strong(notAfter.toISOString().slice(0, 10))}. ${paint.faint(`(${duration(tookMs)})`)}`,
    ...(resumed && state === 'done' ? ['  It went on with a rotation that had been interrupted.'] : []),
    `  Their authority has ${soon ? paint.warning(plural(authorityDaysLeft, 'day')) : plural(authorityDaysLeft, 'day')} left.`,
    '  An application with its own certificate is not touched: holdfast ca renew issues one, store.renew takes it.',
    ...(hosts.length === 0
      ? []
      : ['', ...hostsText('Render the site now, bring these to the hosts, and do there:', hosts)]),
    ...(state === 'waiting'
      ? ['', `  When they are there:  ${paint.accent(`holdfast rotate certificates --stage finish${again}`)}`]
      : []),
  ].join('\n')
}
