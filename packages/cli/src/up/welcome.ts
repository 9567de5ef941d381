import type { DataCentreDescription } from '@holdfast/cluster'
import { placeAgain } from '../place.ts'
import { duration } from '../terminal/format.ts'
import { paint } from '../terminal/paint.ts'
import type { UpOptions } from './plan.ts'

/**
 * What is printed when all is ready: where to look, and what to type. As JSON the description of the data centre, or a
 * list of them when they come from a file.
 */
export function welcome(descriptions: DataCentreDescription[], options: UpOptions, tookMs: number): string {
  const [first] = descriptions
  if (options.json) return JSON.stringify(options.file === undefined ? first : descriptions)
  if (options.file === undefined) {
    return first === undefined ? '' : welcomeTo(first, options, placeAgain(options), tookMs)
  }
  return descriptions.map((each) => welcomeTo(each, options, againOf(each, options), tookMs)).join('\n')
}

/** The options that name one of a file's data centres. */
const againOf = ({ name, stateDir }: DataCentreDescription, options: UpOptions) =>
  placeAgain(options.stateDir === undefined ? { name } : { name, stateDir })

function welcomeTo(
  description: DataCentreDescription,
  options: UpOptions,
  again: string,
  tookMs: number,
): string {
  const { balancer, user, password } = description
  const title = (text: string) => `  ${paint.strong(text)}`
  return [
    '',
    `  ${options.file === undefined ? '' : `${paint.strong(description.name)}  `}${paint.good('Ready')} after ${duration(tookMs)}.`,
    '',
    title('See it in a browser'),
    `    ${paint.accent(balancer)}   user ${paint.strong(user)}, password ${paint.strong(password)}`,
    '',
    title('Log in once'),
    `    TOKEN=$(${loginLine(description)} | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')`,
    '',
    title('and be known by every server'),
    `    for i in $(seq 10); do curl -sS -H "Authorization: Bearer $TOKEN" ${balancer}/session; echo; done`,
    '',
    title('Kill the Redis primary, and see who notices'),
    `    npm run holdfast -- drill --kill primary${again}`,
    '',
    options.detach
      ? `  It runs in the background. End it with  npm run holdfast -- down${again}`
      : '  Ctrl-C ends everything. What happens to its processes is told here:',
    '',
  ].join('\n')
}

/** One login through the balancer, for a shell. */
function loginLine({ balancer, user, password }: DataCentreDescription): string {
  const body = JSON.stringify({ username: user, password })
  return `curl -sS -H 'Content-Type: application/json' -d '${body}' ${balancer}/login`
}
