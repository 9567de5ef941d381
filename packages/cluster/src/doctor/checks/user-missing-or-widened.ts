import { redisCli } from '../advice.ts'
import type { Check, Fix, Sighting } from '../finding.ts'
import type { Snapshot } from '../snapshot.ts'
import { type Guarded, guarded, pairs, putBack, refusal, ruleChanges, SECOND_PASSWORD } from './users.ts'

export const userMissingOrWidened: Check = {
  id: 'user-missing-or-widened',
  severity: 'error',
  title: 'A user is not as planned',
  why: 'Each has what it needs and no more: with less it fails, often only in a failover; with more, a stolen password opens more.',
  needs: ['redis', 'sentinels'],
  check: (snapshot) => [
    ...adminsWithoutRights(snapshot),
    ...missing(snapshot),
    ...changed(snapshot),
    ...unknown(snapshot),
  ],
}

const mendOf = ({ again }: Snapshot) =>
  `The user is made as planned, with its password, and saved by:\nholdfast doctor --fix${again}`

const fixOf = ({ on, process }: Guarded, user: string): { fix: Fix } => ({
  fix: { kind: 'user', on, address: process.address, user },
})

/** The admin gets in, and may not ask. */
function adminsWithoutRights(snapshot: Snapshot): Sighting[] {
  return [...snapshot.redis, ...snapshot.sentinels]
    .filter(({ refusal }) => refusal === 'rights')
    .map(({ name, problem }) => ({
      subject: `${name}, user admin`,
      evidence: `${problem} Nothing else can be asked there.`,
      mend: putBack(snapshot, name),
    }))
}

function missing(snapshot: Snapshot): Sighting[] {
  return guarded(snapshot).flatMap((one) =>
    one.acl.planned
      .filter(({ name }) => !one.acl.users.some((user) => user.name === name))
      .map(({ name }) => ({
        subject: `${one.process.name}, user ${name}`,
        evidence: 'There is no such user.',
        mend: mendOf(snapshot),
        ...fixOf(one, name),
      })),
  )
}

function changed(snapshot: Snapshot): Sighting[] {
  return guarded(snapshot).flatMap((one) =>
    pairs(one.acl).flatMap((pair) => {
      const changes = ruleChanges(pair)
      // One that cannot log in is told of, and made as planned, by wrong-password.
      if (changes.length === 0 || refusal(one.acl, pair) !== null) return []
      const { name } = pair.live
      // A rotation that has not ended is told of once, by a check of its own.
      if (snapshot.rotations.passwords !== null && changes.join() === SECOND_PASSWORD) return []
      const isRotating = pair.live.passwordHashes.length > 1
      return {
        subject: `${one.process.name}, user ${name}`,
        evidence: `Against the plan ${changes.join('; ')}.`,
        // A second password may be in use: a rotation is under way, or stopped half-way.
        mend: isRotating
          ? `Find out whether any client, Redis or Sentinel still logs in with the other password. When all have that of secrets.json:\n${redisCli(one.process.address, 'ACL', 'SETUSER', name, '<OTHER')}`
          : mendOf(snapshot),
        ...(isRotating ? {} : fixOf(one, name)),
      }
    }),
  )
}

/** Whose they are is not known: no fix takes them away. */
function unknown(snapshot: Snapshot): Sighting[] {
  return guarded(snapshot).flatMap(({ process, acl, clients }) =>
    acl.users
      .filter(({ name }) => !acl.planned.some((plan) => plan.name === name))
      .map(({ name }) => ({
        subject: `${process.name}, user ${name}`,
        evidence: `Nobody planned this user. ${clients.filter(({ user }) => user === name).length} connections are clients of it at present.`,
        mend: `Find out whose it is: a client that needs it would be cut off. When nobody needs it on any host:\n${redisCli(process.address, 'ACL', 'DELUSER', name)}`,
      })),
  )
}
