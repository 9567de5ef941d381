import type { Check, Sighting } from '../finding.ts'
import { answering, type Snapshot } from '../snapshot.ts'
import { guarded, pairs, putBack, refusal } from './users.ts'

export const wrongPassword: Check = {
  id: 'wrong-password',
  severity: 'error',
  title: 'A user cannot log in with its password',
  why: 'Connections that stand go on; the next one is refused. It shows in the next failover.',
  needs: ['redis', 'sentinels', 'logins'],
  check: (snapshot) => [...refusedAdmins(snapshot), ...refusedUsers(snapshot), ...wrongOwn(snapshot)],
}

const mendOf = ({ again }: Snapshot) =>
  `It is set as secrets.json has it, on this process and in its file, by:\nholdfast doctor --fix${again}`

function refusedAdmins(snapshot: Snapshot): Sighting[] {
  const all = [...snapshot.redis, ...snapshot.sentinels]
  // When no process takes it, it is not the processes that have changed.
  const nobodyTakesIt = all.every(({ facts }) => facts === null)
  return all
    .filter(({ refusal }) => refusal === 'password')
    .map(({ name, problem }) => ({
      subject: `${name}, user admin`,
      evidence: `${problem} Nothing else can be asked there.`,
      mend: nobodyTakesIt
        ? 'Change nothing on the hosts: no process takes this password, so it is most likely not theirs. Look whether the secrets are those with which they were set up, and whether Holdfast has set them up at all.'
        : putBack(snapshot, name),
    }))
}

function refusedUsers(snapshot: Snapshot): Sighting[] {
  return guarded(snapshot).flatMap(({ on, process, acl }) =>
    pairs(acl).flatMap((pair) => {
      const evidence = refusal(acl, pair)
      if (evidence === null) return []
      const user = pair.live.name
      return {
        subject: `${process.name}, user ${user}`,
        evidence,
        mend: mendOf(snapshot),
        fix: { kind: 'user', on, address: process.address, user },
      }
    }),
  )
}

/** With what a Redis logs in to its primary, and a Sentinel to the others. */
function wrongOwn(snapshot: Snapshot): Sighting[] {
  const { redis, sentinels, rotations } = snapshot
  // Half-way through a rotation both passwords are good.
  if (rotations.passwords !== null) return []
  return [
    ...answering(redis)
      .filter(({ facts }) => !facts.knowsReplicaPassword)
      .map(
        ({ name, address }): Sighting => ({
          subject: `${name}, masterauth`,
          evidence: 'Its masteruser and masterauth are not those of the user "replica".',
          mend: mendOf(snapshot),
          fix: { kind: 'replica-password', address },
        }),
      ),
    ...answering(sentinels)
      .filter(({ facts }) => !facts.knowsPeerPassword)
      .map(
        ({ name, address }): Sighting => ({
          subject: `${name}, sentinel-pass`,
          evidence: 'Its sentinel-user and sentinel-pass are not those of the user "peer".',
          mend: mendOf(snapshot),
          fix: { kind: 'peer-password', address },
        }),
      ),
  ]
}
