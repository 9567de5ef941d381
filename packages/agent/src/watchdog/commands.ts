import { RedisReplyError } from '@holdfast/tokens'
import { formatAddress, MARK_KEY, type NodeAddress } from '@holdfast/tokens/redis'
import type { HostGroup } from '../host/group.ts'

export interface CommandOptions {
  sendToNode: (node: NodeAddress, command: string[]) => Promise<unknown>
  log: (event: string, details: Record<string, unknown>) => void
}

/** A group to act on, and the log of what is done. */
export interface ActOptions {
  group: HostGroup
  log: CommandOptions['log']
}

/** `OK`, or why the command failed. */
const answerTo = (sending: Promise<unknown>): Promise<string> => sending.then(() => 'OK', String)

/** Points a replica to a promoted replica. Sentinel repoints any replica that does not take the command. */
export async function repointReplica(
  replica: NodeAddress,
  { host, port }: NodeAddress,
  { sendToNode, log }: CommandOptions,
): Promise<void> {
  const answer = await answerTo(sendToNode(replica, ['REPLICAOF', host, String(port)]))
  log('pointed a replica to the promoted one', { replica: replica.host, promoted: host, answer })
}

/** Makes a replica open its replication link again. */
export async function redial(
  replica: NodeAddress,
  primary: NodeAddress,
  { group, log }: ActOptions,
): Promise<void> {
  const answer = await answerTo(group.sendToNode(replica, ['CLIENT', 'KILL', 'TYPE', 'master']))
  log('dialled a silent primary anew', { replica: replica.host, primary: primary.host, answer })
}

/** Ends a Sentinel that a clock has stopped. Its service or the supervisor starts it again. */
export async function restartSentinel(sentinel: NodeAddress, { group, log }: ActOptions): Promise<void> {
  const name = formatAddress(sentinel)
  log('the clock was set back and stopped the Sentinel: restarts it', { sentinel: name })
  await group.sendToSentinel(sentinel, ['SHUTDOWN']).catch((error: unknown) => {
    // A Sentinel that obeys closes the connection instead of replying.
    if (error instanceof RedisReplyError)
      log('the Sentinel refused to shut down', { sentinel: name, reason: error.message })
  })
}

/** Sets the `replica-priority` of a Redis. */
export async function setPriority(
  redis: NodeAddress,
  priority: number,
  { group, log }: ActOptions,
): Promise<void> {
  const send = async () => {
    await group.sendToNode(redis, ['CONFIG', 'SET', 'replica-priority', String(priority)])
    // Sentinel may have written a 0 to the file. The agent never writes the 0: Redis starts with the planned priority.
    if (priority > 0) await group.sendToNode(redis, ['CONFIG', 'REWRITE'])
  }
  const answer = await answerTo(send())
  const event = priority === 0 ? 'the clock is wrong: must not be promoted' : 'the clock is right again'
  log(event, { priority, answer })
}

/** Writes the group id, if every Redis of the group answers and is empty now. INV-AGENT-7. */
export async function writeGroupId(redis: NodeAddress, id: string, group: HostGroup): Promise<void> {
  const [isPrimary, isEmpty, othersAreEmpty] = await Promise.all([
    group.view(redis).then(({ role }) => role === 'primary'),
    group.sendToNode(redis, ['DBSIZE']).then((size) => Number(size) === 0),
    group.everyOtherIsEmpty(redis),
  ])
  if (isPrimary && isEmpty && othersAreEmpty) await group.sendToNode(redis, ['SET', MARK_KEY, id, 'NX'])
}
