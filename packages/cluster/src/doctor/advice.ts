import type { NodeAddress } from '@holdfast/tokens/redis'
import { shellWord } from '../operate/shell-word.ts'
import type { Fix } from './finding.ts'
import type { Asked, Snapshot } from './snapshot.ts'

/** A command line that sends commands as the admin, who is asked for the password. */
export function redisCli({ host, port }: NodeAddress, ...words: readonly string[]): string {
  return `redis-cli -h ${host} -p ${port} --user admin --askpass ${words.map(shellWord).join(' ')}`
}

/** What stands before a remedy that must not be followed on several hosts at once. */
export const oneByOne = ({ again }: Snapshot): string =>
  `One host at a time, replicas first. Go on when this says that all is well:\nholdfast status${again}`

/** The mend, as a command line and for `--fix`, that sets one directive of a Redis, in its file too. */
export const setDirective = (redis: Asked<unknown>, name: string, value: string) =>
  setDirectives(redis, { [name]: value })

/** The mend, as a command line and for `--fix`, that sets directives of a Redis at once, in its file too. */
export function setDirectives(
  { address }: Asked<unknown>,
  directives: Readonly<Record<string, string>>,
): { mend: string; fix: Fix } {
  return {
    mend: `${redisCli(address, 'CONFIG', 'SET', ...Object.entries(directives).flat())}\n${redisCli(address, 'CONFIG', 'REWRITE')}`,
    fix: { kind: 'settings', address, directives },
  }
}

/** The mend that sets options by which a Sentinel watches the primary; it writes its file itself. */
export function setWatch(
  { address }: Asked<unknown>,
  primaryName: string,
  options: readonly (readonly [string, number])[],
): { mend: string; fix: Fix } {
  const command = [
    'SENTINEL',
    'SET',
    primaryName,
    ...options.flatMap(([name, value]) => [name, String(value)]),
  ]
  return { mend: redisCli(address, ...command), fix: { kind: 'watch', address, command } }
}
