import type { NodeAddress } from '@holdfast/tokens/redis'
import { shellWord } from '../operate/shell-word.ts'
import type { Fix } from './finding.ts'
import type { Asked } from './snapshot.ts'

/** A command line that sends commands as the admin, who is asked for the password. */
export function redisCli({ host, port }: NodeAddress, ...words: readonly string[]): string {
  return `redis-cli -h ${host} -p ${port} --user admin --askpass ${words.map(shellWord).join(' ')}`
}

/** The mend, as a command line and for `--fix`, that sets one directive of a Redis, in its file too. */
export function setDirective(redis: Asked<unknown>, name: string, value: string): { mend: string; fix: Fix } {
  const set = ['CONFIG', 'SET', name, value]
  const write = ['CONFIG', 'REWRITE']
  return {
    mend: `${redisCli(redis.address, ...set)}\n${redisCli(redis.address, ...write)}`,
    fix: { kind: 'commands', on: 'redis', address: redis.address, commands: [set, write] },
  }
}

/** The mend that sets options by which a Sentinel watches the primary; it writes its file itself. */
export function setWatch(
  sentinel: Asked<unknown>,
  primaryName: string,
  options: readonly (readonly [string, number])[],
): { mend: string; fix: Fix } {
  const set = ['SENTINEL', 'SET', primaryName, ...options.flatMap(([name, value]) => [name, String(value)])]
  return {
    mend: redisCli(sentinel.address, ...set),
    fix: { kind: 'commands', on: 'sentinel', address: sentinel.address, commands: [set] },
  }
}
