import type { PasswordsReport } from '@holdfast/cluster'
import { duration, plural } from '../terminal/format.ts'
import { paint } from '../terminal/paint.ts'
import { paragraph } from '../terminal/wrap.ts'
import { hostsText } from './hosts-text.ts'

const INDENT = 4

/** What a rotation of passwords has done, and what is left to do by hand. `again` names the same data centre once more. */
export function passwordsText(report: PasswordsReport, again: string): string {
  const { users, state, resumed, undoing, others, hosts, connections, tookMs } = report
  const passwords = plural(users.length, 'password')
  const took = paint.faint(`(${duration(tookMs)})`)
  const tick = paint.good('✓')
  const first = {
    done: `${tick} ${paint.strong(`${passwords} rotated`)}; the old are refused. ${took}`,
    waiting: undoing
      ? `${tick} ${paint.strong(`Back to ${passwords} from before`)}; the new are valid, too. ${took}`
      : `${tick} ${paint.strong(`${passwords} renewed`)}; the old are valid, too. ${took}`,
    undone: `${tick} ${paint.strong(`Back to ${passwords} from before`)}; the new are refused. ${took}`,
  }[state]
  const ended =
    connections.ended === 0
      ? `All ${plural(connections.before, 'connection')} of applications stood through it.`
      : paint.warning(
          `${connections.ended} of ${plural(connections.before, 'connection')} of applications ended.`,
        )
  return [
    `  ${first}`,
    paragraph(users.join(', '), INDENT),
    ...(resumed && state === 'done' ? ['  It went on with a rotation that had begun before.'] : []),
    `  ${ended}`,
    ...(hosts.length === 0 ? [] : ['', ...hostsText(headOf(report), hosts)]),
    ...(state === 'undone' || others.length === 0 ? [] : ['', ...othersText(report)]),
    ...(state === 'waiting'
      ? [
          '',
          `  When they have:  ${paint.accent(`holdfast rotate passwords --stage finish${again}`)}`,
          ...(undoing
            ? []
            : [`  To go back:      ${paint.accent(`holdfast rotate passwords --undo${again}`)}`]),
        ]
      : []),
  ].join('\n')
}

/** What a host is seeded with is read only when its state is lost; the rest is read by what the commands start. */
const headOf = ({ state }: PasswordsReport): string =>
  state === 'waiting'
    ? 'Render the site now, bring these to the hosts, and do there:'
    : 'If it is not done yet: render the site, and bring these to the hosts:'

function othersText({ others, state }: PasswordsReport): string[] {
  const head =
    state === 'waiting'
      ? 'These may have copies; the new ones are in secrets.json of the state folder:'
      : 'Holdfast does not reach these; if they have copies, they need those of secrets.json now:'
  return [
    `  ${head}`,
    ...others.map(({ who, passwords }) => paragraph(`${passwords.join(', ')}: ${who}`, INDENT)),
  ]
}
