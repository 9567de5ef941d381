import type { ProcessSnapshot } from '@holdfast/agent/group/snapshot'
import type { NodeAddress } from '@holdfast/tokens/redis'
import { shellWord } from '../../data-centre/shell-word.ts'
import type { Fix } from '../finding.ts'
import { OWN_CERTIFICATE, type Snapshot } from '../snapshot.ts'

/** A process that was restarted this often has a log that explains its silence. */
const MANY_RESTARTS = 3

/** A command line that sends a command as the admin. It asks for the password. */
export function redisCli({ host, port }: NodeAddress, ...words: readonly string[]): string {
  return `redis-cli -h ${host} -p ${port} --user admin --askpass ${words.map(shellWord).join(' ')}`
}

/** Shows the space on the disk of a folder. */
export const dfOf = (folder = ''): string => `df -h ${shellWord(folder)}`

/** The end of an advice that must not be followed on several hosts at once. */
export const oneByOne = ({ cliFlags }: Snapshot): string =>
  `One host at a time, replicas first. Continue when this reports no problem:\nholdfast status${cliFlags}`

/** Sets one directive of a Redis, also in its file. */
export const setDirective = (redis: ProcessSnapshot<unknown>, name: string, value: string) =>
  setDirectives(redis, { [name]: value })

/** Sets several directives of a Redis at once, also in its file. */
export function setDirectives(
  { address }: ProcessSnapshot<unknown>,
  directives: Readonly<Record<string, string>>,
): { advice: string; fix: Fix } {
  return {
    advice: `${redisCli(address, 'CONFIG', 'SET', ...Object.entries(directives).flat())}\n${redisCli(address, 'CONFIG', 'REWRITE')}`,
    fix: { kind: 'settings', address, directives },
  }
}

/** Sets options by which a Sentinel watches the primary. Sentinel saves them itself. */
export function setWatch(
  { address }: ProcessSnapshot<unknown>,
  primaryName: string,
  options: readonly (readonly [string, number])[],
): { advice: string; fix: Fix } {
  const command = [
    'SENTINEL',
    'SET',
    primaryName,
    ...options.flatMap(([name, value]) => [name, String(value)]),
  ]
  return { advice: redisCli(address, ...command), fix: { kind: 'watch', address, command } }
}

/** Sentinel cannot forget a single process: a reset forgets all of them, and Sentinel discovers the live ones again. */
export function resetSentinels({ sentinels, topology }: Snapshot): { advice: string; fix: Fix } {
  const commands = sentinels.map(({ address }) =>
    redisCli(address, 'SENTINEL', 'RESET', topology.primaryName),
  )
  return {
    advice: `First make sure that it has stopped. Then, while all processes are up and no failover is under way, run these one after the other with 30 s between, so that two Sentinels always know each other:\n${commands.join('\n')}`,
    fix: { kind: 'reset-sentinels' },
  }
}

/** Gives every process a certificate that is valid for long, also where one has expired. */
export function newCertificates({ supervisor, cliFlags }: Snapshot): string {
  const command = `holdfast rotate certificates${cliFlags}`
  return supervisor === 'none'
    ? `${command}\nFor the certificates of stunnel, add --manual: it prints the steps.`
    : command
}

/** Brings a silent process back. */
export function wakeUp(snapshot: Snapshot, name: string): string {
  // The process runs, and a restart would close the connections that it still has.
  const hasExpired = ({ name: owner, daysLeft }: Snapshot['certificates'][number]) =>
    daysLeft < 0 && (owner === name || owner === OWN_CERTIFICATE)
  if (snapshot.certificates.some(hasExpired)) return newCertificates(snapshot)
  const node = [...snapshot.redis, ...snapshot.sentinels].find((one) => one.name === name)
  if (node?.refusal === 'error') {
    return 'It runs, but answers with that error. If it is loading its data, wait. Otherwise check that it is the planned process: read its log, and make sure that a Sentinel watches the primary by the name in the plan.'
  }
  const process = snapshot.processes.find((one) => one.name === name)
  if (process?.state === 'running' && process.restarts >= MANY_RESTARTS) {
    return `First read the file "log" in its folder: the process was restarted ${process.restarts} times.`
  }
  if (process?.state === 'running') {
    return `If it is only paused: kill -CONT ${process.pid}. Otherwise: kill -9 ${process.pid}; it is restarted at once.\n${oneByOne(snapshot)}`
  }
  if (process?.state === 'lost') return `Restore the host ${process.host}: a drill took it down on purpose.`
  if (snapshot.supervisor === 'none') {
    return `On its host: systemctl status 'holdfast-*', and journalctl for the cause. Also check that the network path to it is open.`
  }
  return `holdfast up --detach${snapshot.cliFlags}`
}

/** Restarts a Redis or a Sentinel that runs. `why` says what the restart is for. */
export function restart(snapshot: Snapshot, name: string, why: string): string {
  const process = snapshot.processes.find((one) => one.name === name)
  const unit = name.startsWith('redis') ? 'holdfast-redis' : 'holdfast-sentinel'
  const how = process?.pid ? `kill ${process.pid}` : `systemctl restart ${unit}, on its host`
  return `Restart ${name} (${how}): ${why}.\n${oneByOne(snapshot)}`
}
