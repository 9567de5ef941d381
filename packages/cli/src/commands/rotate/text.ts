import type { CertificatesReport } from '@holdfast/operations/rotate/certificates/choices'
import type { SitePlan } from '@holdfast/operations/rotate/certificates/site-plan'
import type { HostDelivery } from '@holdfast/operations/rotate/host-files'
import type { KeyringReport } from '@holdfast/operations/rotate/keyring/choices'
import type { PasswordsReport } from '@holdfast/operations/rotate/passwords/choices'
import { duration, plural } from '../../terminal/format.ts'
import { paragraph, table } from '../../terminal/layout.ts'
import { paint } from '../../terminal/paint.ts'

/** An authority that lasts fewer days limits the certificates that it issues. */
const AUTHORITY_RENEWAL_DAYS = 180

const INDENT = 4
const DELIVER_NOW = 'Render the site now, bring these files to the hosts, and run there:'

/** The plan of a rotation, one numbered line per step. */
export function planText(steps: readonly string[]): string {
  const lines = steps.map(
    (step, index) => `  ${paint.faint(`${index + 1}.`)} ${paragraph(step, 5).trimStart()}`,
  )
  return [...lines, '', paint.faint('  Nothing was changed.')].join('\n')
}

/** The result of a rotation of passwords, and what is left to do by hand. `flags` select the data centre in commands. */
export function passwordsText(report: PasswordsReport, flags: string): string {
  const { users, state, resumed, undoing, others, hosts, connections, tookMs } = report
  const passwords = plural(users.length, 'password')
  const took = paint.faint(`(${duration(tookMs)})`)
  const result = {
    done: `${paint.strong(`Rotated ${passwords}`)}. The old ones are refused.`,
    waiting: undoing
      ? `${paint.strong(`Restored ${passwords}`)}. The new ones are still valid.`
      : `${paint.strong(`Added ${passwords}`)}. The old ones are still valid.`,
    undone: `${paint.strong(`Restored ${passwords}`)}. The new ones are refused.`,
  }[state]
  const applications =
    connections.ended === 0
      ? `All ${plural(connections.before, 'connection')} of applications stayed open.`
      : paint.warning(
          `${connections.ended} of ${plural(connections.before, 'connection')} of applications ended.`,
        )
  return [
    `  ${paint.good('✓')} ${result} ${took}`,
    paragraph(users.join(', '), INDENT),
    ...resumedLines(resumed && state === 'done'),
    `  ${applications}`,
    ...(hosts.length === 0 ? [] : ['', ...deliveryLines(deliveryHead(report), hosts)]),
    ...(state === 'undone' || others.length === 0 ? [] : ['', ...otherClients(report)]),
    ...(state === 'waiting'
      ? [
          '',
          `  When this is done:  ${paint.accent(`holdfast rotate passwords --stage finish${flags}`)}`,
          ...(undoing
            ? []
            : [`  To go back:         ${paint.accent(`holdfast rotate passwords --undo${flags}`)}`]),
        ]
      : []),
  ].join('\n')
}

/** A host reads its rendered files again only if its state is lost; the commands restart what reads the others. */
const deliveryHead = ({ state }: PasswordsReport): string =>
  state === 'waiting' ? DELIVER_NOW : 'If not done yet: render the site, and bring these files to the hosts:'

function otherClients({ others, state }: PasswordsReport): string[] {
  const head =
    state === 'waiting'
      ? 'Give these the new passwords, from secrets.json of the state folder, if they hold copies:'
      : 'Holdfast cannot reach these. If they hold copies, they need the passwords of secrets.json now:'
  return [
    `  ${head}`,
    ...others.map(({ who, passwords }) => paragraph(`${passwords.join(', ')}: ${who}`, INDENT)),
  ]
}

/** The result of a rotation of certificates. `flags` select the data centre in commands. */
export function certificatesText(report: CertificatesReport, flags: string): string {
  const { state, renewed, notAfter, authorityDaysLeft, resumed, hosts, tookMs } = report
  if (notAfter === null) return `  ${paint.good('✓')} No certificate is due for renewal.`
  const isWaiting = state === 'waiting'
  const until = `valid until ${paint.strong(notAfter.toISOString().slice(0, 10))}`
  const daysLeft = plural(authorityDaysLeft, 'day')
  const left = authorityDaysLeft < AUTHORITY_RENEWAL_DAYS ? paint.warning(daysLeft) : daysLeft
  return [
    `  ${paint.good('✓')} ${isWaiting ? 'Issued' : 'Activated'} ${plural(renewed.length, 'new certificate')}, ${until}. ${paint.faint(`(${duration(tookMs)})`)}`,
    ...resumedLines(resumed && state === 'done'),
    `  Their authority has ${left} left.`,
    '  Applications with their own certificate keep it: issue a new one with `holdfast ca renew`, load it with store.renew.',
    ...(hosts.length === 0 ? [] : ['', ...deliveryLines(DELIVER_NOW, hosts)]),
    ...(isWaiting
      ? ['', `  When this is done:  ${paint.accent(`holdfast rotate certificates --stage finish${flags}`)}`]
      : []),
  ].join('\n')
}

/** How the hosts of a site get new certificates by hand: the files of each host, and the commands in order. */
export function manualText({ hosts, define }: SitePlan, site: string): string {
  const dataCentres = [...new Set(hosts.map(({ dataCentre }) => dataCentre))]
  const title = (text: string) => `  ${paint.strong(text)}`
  const command = (text: string) => `    ${paint.accent(text)}`
  return [
    title('1. Here: issue the certificates, and render'),
    ...dataCentres.map((name) => command(`holdfast ca renew --name ${name} --within 398`)),
    command(`holdfast render ${site} --out rendered`),
    '',
    title('2. On every host, in any order: install the files (keys as root:holdfast-tls, mode 0640)'),
    table(
      hosts.flatMap(({ host, files }) =>
        files.map(({ from, to, isSecret }) => [
          paint.strong(host),
          `rendered/${from}`,
          paint.faint(`-> ${to}`),
          isSecret ? paint.warning('secret') : '',
        ]),
      ),
      { indent: INDENT },
    ),
    '',
    title('3. Then on one host after another'),
    ...(define === null ? [] : [command(define)]),
    ...hosts.flatMap(({ host, steps }) => [`    ${paint.strong(host)}`, ...stepLines(steps)]),
    '',
    paint.faint('  Nothing was changed.'),
  ].join('\n')
}

/** The result of a rotation of the sealing key. `flags` select the data centre in commands. */
export function keyringText(report: KeyringReport, flags: string): string {
  const { state, forgotten, kept, hosts } = report
  const finish = paint.accent(`holdfast rotate keyring --stage finish${flags}`)
  return [
    `  ${paint.good('✓')} ${keyringState(report)} ${paint.faint(`(${duration(report.tookMs)})`)}`,
    ...forgotten.map((key) => `  Removed ${paint.strong(key)}: no live session needed it.`),
    ...kept.map(({ key, sessions }) =>
      sessions === null
        ? `  Kept ${paint.strong(key)}: it was replaced less than 12 h ago.`
        : `  Kept ${paint.strong(key)}: ${plural(sessions, 'live session')} ${sessions === 1 ? 'needs' : 'need'} it.`,
    ),
    ...(hosts.length === 0 ? [] : ['', ...deliveryLines(DELIVER_NOW, hosts)]),
    ...(state === 'done'
      ? []
      : hosts.length > 0
        ? ['', `  When this is done:  ${finish}`]
        : [`  Give the key ring in secrets.json to every application that holds a copy, then: ${finish}`]),
  ].join('\n')
}

function keyringState({ next, current, before, hosts }: KeyringReport): string {
  if (next !== null && hosts.length > 0) {
    return next === current
      ? `Every gateway knows ${paint.strong(next)}, the current key of secrets.json.`
      : `Added ${paint.strong(next)} to the key ring in secrets.json; ${current} still seals.`
  }
  if (next !== null) return `Every gateway knows ${paint.strong(next)}; ${current} still seals.`
  return current === before
    ? `${paint.strong(current)} seals new sessions.`
    : `${paint.strong(current)} seals new sessions instead of ${before}.`
}

const resumedLines = (isResumed: boolean): string[] =>
  isResumed ? ['  This run completed a rotation that was interrupted.'] : []

/** The files to bring to each host, and the commands to run there. */
function deliveryLines(head: string, hosts: readonly HostDelivery[]): string[] {
  return [
    `  ${head}`,
    ...hosts.flatMap(({ host, files, steps }) => [
      paragraph(`${host}: ${files.map(({ from, to }) => `${from} -> ${to}`).join(', ')}`, INDENT),
      ...stepLines(steps),
    ]),
  ]
}

const stepLines = (steps: HostDelivery['steps']): string[] =>
  steps.flatMap(({ why, command }) => [`      ${paint.faint(`# ${why}`)}`, `      ${paint.accent(command)}`])
