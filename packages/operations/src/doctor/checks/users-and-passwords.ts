import { answering } from '@holdfast/agent/group/health'
import type { Check, CheckResult, Fix } from '../finding.ts'
import type { Snapshot } from '../snapshot.ts'
import {
  type AclProcess,
  aclProcesses,
  loginProblem,
  plannedUsers,
  ruleChanges,
  SECOND_PASSWORD,
} from '../users.ts'
import { redisCli, restart } from './advice.ts'

const wrongPassword: Check = {
  id: 'wrong-password',
  severity: 'error',
  title: 'A user cannot log in with its password',
  why: 'Open connections continue, but the next connection is refused. The failure shows in the next failover.',
  needs: ['redis', 'sentinels', 'logins'],
  check: (snapshot) => [
    ...refusedAdmins(snapshot),
    ...refusedUsers(snapshot),
    ...wrongOwnPasswords(snapshot),
  ],
}

const setPassword = ({ cliFlags }: Snapshot) =>
  `This sets the password from secrets.json on this process and in its file:\nholdfast doctor --fix${cliFlags}`

function refusedAdmins(snapshot: Snapshot): CheckResult[] {
  const all = [...snapshot.redis, ...snapshot.sentinels]
  // If every process refuses the password, the secrets are wrong and not the processes.
  const allRefuse = all.every(({ facts }) => facts === null)
  return all
    .filter(({ refusal }) => refusal === 'password')
    .map(({ name, problem }) => ({
      subject: `${name}, user admin`,
      evidence: `${problem} Nothing else can be asked there.`,
      advice: allRefuse
        ? 'Change nothing on the hosts: no process accepts this password, so it is most likely not theirs. Check whether the hosts were set up with these secrets, and whether Holdfast set them up at all.'
        : restoreAdmin(snapshot, name),
    }))
}

function refusedUsers(snapshot: Snapshot): CheckResult[] {
  return aclProcesses(snapshot).flatMap(({ on, process, acl }) =>
    plannedUsers(acl).flatMap((planned) => {
      const evidence = loginProblem(acl, planned)
      if (evidence === null) return []
      const user = planned.live.name
      return {
        subject: `${process.name}, user ${user}`,
        evidence,
        advice: setPassword(snapshot),
        fix: { kind: 'user', on, address: process.address, user },
      }
    }),
  )
}

/** The passwords with which a Redis logs in to its primary, and a Sentinel to the other Sentinels. */
function wrongOwnPasswords(snapshot: Snapshot): CheckResult[] {
  const { redis, sentinels, rotations } = snapshot
  // During a rotation both passwords are valid.
  if (rotations.passwords !== null) return []
  return [
    ...answering(redis)
      .filter(({ facts }) => !facts.knowsReplicaPassword)
      .map(
        ({ name, address }): CheckResult => ({
          subject: `${name}, masterauth`,
          evidence: 'Its masteruser and masterauth are not those of the user "replica".',
          advice: setPassword(snapshot),
          fix: { kind: 'replica-password', address },
        }),
      ),
    ...answering(sentinels)
      .filter(({ facts }) => !facts.knowsPeerPassword)
      .map(
        ({ name, address }): CheckResult => ({
          subject: `${name}, sentinel-pass`,
          evidence: 'Its sentinel-user and sentinel-pass are not those of the user "peer".',
          advice: setPassword(snapshot),
          fix: { kind: 'peer-password', address },
        }),
      ),
  ]
}

const defaultUserOn: Check = {
  id: 'default-user-on',
  severity: 'error',
  title: 'The default user is on',
  why: 'Clients that do not authenticate run as this user.',
  needs: ['redis', 'sentinels'],
  check: (snapshot) =>
    aclProcesses(snapshot)
      .filter(({ acl }) => acl.users.some(({ name, isOn }) => name === 'default' && isOn))
      .map(({ on, process, acl, clients }) => {
        const count = clients.filter(({ user }) => user === 'default').length
        const open = acl.users.some(({ name, nopass }) => name === 'default' && nopass)
        return {
          subject: process.name,
          evidence: `It is on${open ? ', and needs no password' : ''}. Connections to this process as this user: ${count}.`,
          advice: `When no client of any process is connected as this user, this switches it off and gives it the rights that Redis needs at its start:\nholdfast doctor --fix${snapshot.cliFlags}`,
          fix: { kind: 'user', on, address: process.address, user: 'default' },
        }
      }),
}

const defaultUserWithoutRights: Check = {
  id: 'default-user-without-rights',
  severity: 'error',
  title: 'A Redis would lose logins and logouts when it restarts',
  why: 'It loads its append-only file as the user "default". If that user lacks a right, the load skips the writes of whole scripts (redis/redis#14541). The user stays off: no client can log in as it.',
  needs: ['redis'],
  check: (snapshot) =>
    answering(snapshot.redis).flatMap(({ name, address, facts: { acl } }) => {
      const plan = acl.planned.find((user) => user.name === 'default')
      const live = acl.users.find((user) => user.name === 'default')
      const lost = plan?.rules.filter((rule) => !live?.rules.includes(rule)) ?? []
      // A default user that is on has the check above, whose fix also gives it these rights.
      if (lost.length === 0 || live?.isOn) return []
      return {
        subject: name,
        evidence: `Its user "default" lacks ${lost.join(' ')}.`,
        advice: `${redisCli(address, 'ACL', 'SETUSER', 'default', 'off', ...lost)}\n${redisCli(address, 'ACL', 'SAVE')}`,
        fix: { kind: 'user', on: 'redis', address, user: 'default' },
      }
    }),
}

const userMissingOrWidened: Check = {
  id: 'user-missing-or-widened',
  severity: 'error',
  title: 'A user is not as planned',
  why: 'Each user has exactly the rights that it needs. With fewer rights it fails, often only in a failover. With more, a stolen password gives more access.',
  needs: ['redis', 'sentinels'],
  check: (snapshot) => [
    ...adminsWithoutRights(snapshot),
    ...missingUsers(snapshot),
    ...changedUsers(snapshot),
    ...unplannedUsers(snapshot),
  ],
}

const setUser = ({ cliFlags }: Snapshot) =>
  `This sets the user up as planned, with its password, and saves it:\nholdfast doctor --fix${cliFlags}`

const userFix = ({ on, process }: AclProcess, user: string): { fix: Fix } => ({
  fix: { kind: 'user', on, address: process.address, user },
})

/** The process accepts the password of the admin, but denies its commands. */
function adminsWithoutRights(snapshot: Snapshot): CheckResult[] {
  return [...snapshot.redis, ...snapshot.sentinels]
    .filter(({ refusal }) => refusal === 'rights')
    .map(({ name, problem }) => ({
      subject: `${name}, user admin`,
      evidence: `${problem} Nothing else can be asked there.`,
      advice: restoreAdmin(snapshot, name),
    }))
}

function missingUsers(snapshot: Snapshot): CheckResult[] {
  return aclProcesses(snapshot).flatMap((one) =>
    one.acl.planned
      .filter(({ name }) => !one.acl.users.some((user) => user.name === name))
      .map(({ name }) => ({
        subject: `${one.process.name}, user ${name}`,
        evidence: 'This user does not exist.',
        advice: setUser(snapshot),
        ...userFix(one, name),
      })),
  )
}

function changedUsers(snapshot: Snapshot): CheckResult[] {
  return aclProcesses(snapshot).flatMap((one) =>
    plannedUsers(one.acl).flatMap((planned) => {
      const changes = ruleChanges(planned)
      // `wrong-password` reports a user that cannot log in, and its fix sets the rules too.
      if (changes.length === 0 || loginProblem(one.acl, planned) !== null) return []
      const { name } = planned.live
      // A separate check reports a rotation that has not finished, once for the group.
      if (snapshot.rotations.passwords !== null && changes.join() === SECOND_PASSWORD) return []
      const isRotating = planned.live.passwordHashes.length > 1
      return {
        subject: `${one.process.name}, user ${name}`,
        evidence: `Compared with the plan, ${changes.join('; ')}.`,
        // The second password may be in use by a rotation that is under way or has stopped.
        advice: isRotating
          ? `Find out whether any client, Redis or Sentinel still logs in with the other password. When all of them use the one in secrets.json:\n${redisCli(one.process.address, 'ACL', 'SETUSER', name, '<OTHER')}`
          : setUser(snapshot),
        ...(isRotating ? {} : userFix(one, name)),
      }
    }),
  )
}

/** The owner of such a user is unknown, so no fix deletes it. */
function unplannedUsers(snapshot: Snapshot): CheckResult[] {
  return aclProcesses(snapshot).flatMap(({ process, acl, clients }) =>
    acl.users
      .filter(({ name }) => !acl.planned.some((plan) => plan.name === name))
      .map(({ name }) => ({
        subject: `${process.name}, user ${name}`,
        evidence: `The plan has no such user. Connections to this process as this user: ${clients.filter(({ user }) => user === name).length}.`,
        advice: `Find out which clients use it: deleting it cuts them off. When no client on any host needs it:\n${redisCli(process.address, 'ACL', 'DELUSER', name)}`,
      })),
  )
}

/** Restores the user `admin` of a process on its host, where no command can do it. */
function restoreAdmin(snapshot: Snapshot, name: string): string {
  const file = name.startsWith('redis') ? 'users.acl' : 'sentinel.conf, while it is stopped'
  return `First check that ${name} was set up with these secrets. If it was, restore the planned line "user admin" in its ${file}. ${restart(snapshot, name, 'it reads its users at its start')}`
}

export const USER_AND_PASSWORD_CHECKS: readonly Check[] = [
  wrongPassword,
  defaultUserOn,
  defaultUserWithoutRights,
  userMissingOrWidened,
]
