import { Nodes } from '../../../redis/nodes.ts'
import { Sentinels } from '../../../redis/sentinels.ts'
import { type DataCentrePlace, isSite, openDataCentre } from '../../open.ts'
import type { HostDelivery } from '../host-delivery.ts'
import { yoursToDo } from '../rotation.ts'
import { secretFilesOf } from '../secret-files.ts'
import { choosePasswords } from './begin.ts'
import { type PasswordChoices, refuseOddChoices } from './choices.ts'
import { type Guarded, grantsOn, guardedProcesses } from './guarded.ts'
import { isForHands } from './host-passwords.ts'
import { type RotationJournal, readJournal, secretsOf } from './journal.ts'
import { serversOf } from './servers-of.ts'
import { otherConsumers, type PasswordName } from './users.ts'

/**
 * What `rotatePasswords` would do now, a sentence a step. Changes nothing.
 *
 * Throws `NOT_SAFE` for what cannot be meant in this situation; `NOT_RUNNING`.
 */
export async function planPasswordRotation(options: PasswordChoices & DataCentrePlace): Promise<string[]> {
  const dataCentre = await openDataCentre(options)
  const saved = await readJournal(secretFilesOf(dataCentre).rotationFile)
  refuseOddChoices(saved, options)
  const { topology, tls, secrets } = dataCentre
  const known = saved === null ? secrets : secretsOf(secrets, saved, saved.sure)
  const nodes = new Nodes({ topology, secrets: known, tls })
  const sentinels = new Sentinels({ topology, secrets: known, tls })
  try {
    const processes = guardedProcesses(topology, nodes, sentinels)
    const users = saved?.users ?? (await choosePasswords(processes, options.users))
    const hosts = serversOf(dataCentre, options).byHand(users)
    const servers = isSite(dataCentre)
      ? siteSentences(hosts, options)
      : localSentences(dataCentre.topology.gateways.length, users)
    return planOf({ ...options, saved, users, processes, servers, forHands: isForHands(hosts) })
  } finally {
    nodes.close()
    sentinels.close()
  }
}

interface Plan extends Pick<PasswordChoices, 'stage' | 'undo'> {
  saved: RotationJournal | null
  users: readonly PasswordName[]
  processes: readonly Guarded[]
  /** How those take theirs that use them, a sentence a step. */
  servers: string[]
  forHands: boolean
}

const localSentences = (gateways: number, users: readonly PasswordName[]): string[] => [
  'Let the supervisor read them.',
  ...(users.includes('app') || users.includes('sentinelApp')
    ? [`Let ${gateways} gateways take theirs without a restart, and wait until /readyz of each shows it.`]
    : []),
]

const siteSentences = (
  hosts: readonly HostDelivery[],
  { deliverCommand }: Pick<PasswordChoices, 'deliverCommand'>,
): string[] =>
  deliverCommand === undefined ? hosts.map(yoursToDo) : [`Bring them to the hosts: ${deliverCommand}`]

function planOf({ saved, users, stage, undo, processes, servers, forHands }: Plan): string[] {
  const has = (...secrets: PasswordName[]) => secrets.some((secret) => users.includes(secret))
  const concerned = processes.filter((process) => grantsOn(process, users).length > 0)
  const names = concerned.map(({ name }) => name).join(', ')
  const isBack = undo || saved?.undoing === true
  const [wanted, unwanted] = isBack ? ['old', 'new'] : ['new', 'old']
  const phase = undo && saved?.undoing === false ? 'add' : (saved?.phase ?? 'add')
  const first =
    saved === null
      ? `Make new passwords of ${users.join(', ')}.`
      : `${isBack ? 'Go back from' : 'Go on with'} the rotation of ${users.join(', ')} that began at ${saved.startedAt}.`
  const add = `Let ${names} take the ${wanted} passwords beside the ${unwanted} ones (ACL SETUSER, saved).`
  const move = [
    ...(has('replica')
      ? [`Set masterauth of every Redis, and let each replica follow anew, one at a time.`]
      : []),
    ...(has('sentinel', 'peer')
      ? ['Set auth-pass and sentinel-pass of every Sentinel, one at a time; each connects anew.']
      : []),
    'Write secrets.json.',
    ...servers,
    `Log in to each process by each ${wanted} password.`,
  ]
  const others = otherConsumers(users).map(({ who, passwords }) => `${who} (${passwords.join(', ')})`)
  const remove = `Take the ${unwanted} passwords from ${names} (ACL SETUSER, saved). Connections that stand stay.`
  const isHeld = forHands
    ? phase !== 'remove' && !(stage === 'finish' && saved?.phase === 'wait')
    : stage === 'begin' && !isBack
  return [
    first,
    ...(phase === 'add' ? [add] : []),
    ...(phase === 'add' || phase === 'move' ? move : []),
    ...(isBack ? [] : others.map((who) => `Yours to do: ${who}`)),
    isHeld ? 'Stop there: old and new passwords are both valid until --stage finish.' : remove,
  ]
}
