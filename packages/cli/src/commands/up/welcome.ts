import type { DataCentreDescription } from '@holdfast/local/state/description'
import { toCliFlags } from '../../data-centre/locator.ts'
import { duration } from '../../terminal/format.ts'
import { paint } from '../../terminal/paint.ts'
import type { UpOptions } from './plan.ts'

/**
 * The text when everything is ready: where to look and what to type. As JSON it is the description of the data centre,
 * or a list of them if they come from a file.
 */
export function welcome(descriptions: DataCentreDescription[], options: UpOptions, tookMs: number): string {
  const [first] = descriptions
  if (options.json) return JSON.stringify(options.file === undefined ? first : descriptions)
  if (options.file === undefined) {
    return first === undefined ? '' : welcomeTo(first, options, toCliFlags(options), tookMs)
  }
  return descriptions.map((each) => welcomeTo(each, options, flagsOf(each, options), tookMs)).join('\n')
}

/** The flags that select one of the data centres of a file. */
const flagsOf = ({ name, stateDir }: DataCentreDescription, options: UpOptions) =>
  toCliFlags(options.stateDir === undefined ? { name } : { name, stateDir })

function welcomeTo(
  description: DataCentreDescription,
  options: UpOptions,
  flags: string,
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
    title('Every server then knows the user'),
    `    for i in $(seq 10); do curl -sS -H "Authorization: Bearer $TOKEN" ${balancer}/session; echo; done`,
    '',
    title('Use it as one Redis that does not fail (docs/proxy.md)'),
    `    ${redisCliLine(description)}`,
    '',
    title('Kill the Redis primary and see what users notice'),
    `    ${command()} drill --kill primary${flags}`,
    '',
    options.detach
      ? `  It runs in the background. Stop it with  ${command()} down${flags}`
      : '  Press Ctrl-C to stop everything. Changes of its processes appear here:',
    '',
  ].join('\n')
}

/** What to type for `holdfast`: in a checkout of the repository, npm runs it. */
const command = (): string => (process.env['npm_lifecycle_event'] ? 'npm run holdfast --' : 'holdfast')

/** A client of the proxy. The password is not an argument, which other users of this machine could see. */
const redisCliLine = ({ engine, proxy }: DataCentreDescription): string =>
  `REDISCLI_AUTH=${proxy.password} ${engine}-cli -h ${proxy.host} -p ${proxy.port} --user ${proxy.user}`

/** One login through the balancer, for a shell. */
function loginLine({ balancer, user, password }: DataCentreDescription): string {
  const body = JSON.stringify({ username: user, password, response_type: 'token' })
  return `curl -sS -H 'Content-Type: application/json' -d '${body}' ${balancer}/login`
}
