import type { DataCentreDescription } from '@holdfast/cluster'
import { locateAgain } from '../commands/locate.ts'
import { duration } from '../terminal/format.ts'
import { paint } from '../terminal/paint.ts'
import type { UpOptions } from './start.ts'

/** What a person sees when the data centre is ready: where to look, what to type. */
export function welcome(description: DataCentreDescription, options: UpOptions, tookMs: number): string {
  const { balancer, user, password } = description
  const again = locateAgain(options)
  const title = (text: string) => `  ${paint.strong(text)}`
  return [
    '',
    `  ${paint.good('Ready')} after ${duration(tookMs)}.`,
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
