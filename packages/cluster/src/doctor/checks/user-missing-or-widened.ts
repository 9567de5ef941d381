import { redisCli } from '../advice.ts'
import type { Check, Fix, Sighting } from '../finding.ts'
import type { Snapshot } from '../snapshot.ts'
import { type Guarded, guarded, pairs, refusal, ruleChanges, SECOND_PASSWORD } from './users.ts'

export const userMissingOrWidened: Check = {
  id: 'user-missing-or-widened',
  severity: 'error',
  title: 'A user is not as planned',
  why: 'Each has what it needs and no more: with less it fails, often only in a failover; with more, a stolen password opens more.',
  check: (snapshot) => [...missing(snapshot), ...changed(snapshot), ...unknown(snapshot)],
}

const mendOf = ({ again }: Snapshot) =>
  `The user is made as planned, with its password, and saved by:\nholdfast doctor --fix${again}`

const fixOf = ({ on, process }: Guarded, user: string): { fix: Fix } => ({
  fix: { kind: 'user', on, address: process.address, user },
})

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
          ? `End the rotation: ${redisCli(one.process.address, 'ACL', 'SETUSER', name, '<OLD')}`
          : mendOf(snapshot),
        ...(isRotating ? {} : fixOf(one, name)),
      }
    }),
  )
}

/** Whose they are is not known: no fix takes them away. */
function unknown(snapshot: Snapshot): Sighting[] {
  return guarded(snapshot).flatMap(({ process, acl }) =>
    acl.users
      .filter(({ name }) => !acl.planned.some((plan) => plan.name === name))
      .map(({ name }) => ({
        subject: `${process.name}, user ${name}`,
        evidence: 'Nobody planned this user.',
        mend: redisCli(process.address, 'ACL', 'DELUSER', name),
      })),
  )
}
