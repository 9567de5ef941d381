import { answering, MAX_LAG_BYTES, primariesOf } from '@holdfast/agent/group/health'
import { QUORUM } from '@holdfast/site/topology/topology'
import { MARK_KEY } from '@holdfast/tokens/redis'
import type { Check } from '../finding.ts'
import { confirmedPrimary, votesFor } from '../group-state.ts'
import { formatCount } from '../memory.ts'
import { differsFromPlan } from '../users.ts'
import { dfOf, redisCli, restart, setDirective } from './advice.ts'

const twoPrimaries: Check = {
  id: 'two-primaries',
  severity: 'error',
  title: 'More than one Redis calls itself primary',
  why: 'Writes on the wrong primary are lost when it becomes a replica again.',
  needs: ['redis'],
  check: (snapshot) => {
    const primaries = primariesOf(snapshot)
    if (primaries.length < 2) return []
    const votes = (at: string) => votesFor(snapshot, at)
    const [right, ...wrong] = [...primaries].sort((one, other) => votes(other.at) - votes(one.at))
    const list = primaries
      .map(({ name, at }) => `${name} (named by ${votes(at)} of ${snapshot.sentinels.length} Sentinels)`)
      .join(', ')
    return [
      {
        subject: 'the group',
        evidence: list,
        advice:
          right === undefined || votes(right.at) < QUORUM
            ? 'The right primary is unknown: no majority of the Sentinels names one. Bring the Sentinels back first. Writes on a wrong primary are lost when it follows the right one.'
            : `The Sentinels demote the wrong primary within seconds. If they do not:\n${wrong
                .map(({ address }) =>
                  redisCli(address, 'REPLICAOF', right.address.host, String(right.address.port)),
                )
                .join('\n')}`,
      },
    ]
  },
}

const noPrimary: Check = {
  id: 'no-primary',
  severity: 'error',
  title: 'No Redis is the primary',
  why: 'Logins and logouts fail until a replica is promoted.',
  needs: ['redis'],
  check: (snapshot) => {
    // A Redis that does not answer may be the primary, and then a failover is due.
    if (snapshot.redis.some(({ facts }) => facts === null) || primariesOf(snapshot).length > 0) return []
    return [
      {
        subject: 'the group',
        evidence: 'Every Redis answers, and each calls itself a replica.',
        advice: `The Sentinels promote a replica after ${snapshot.topology.timings.downAfterMs / 1000} s at the earliest. If they do not, read the other findings: a majority of the Sentinels must answer, and one Redis must have a replica-priority above 0.`,
      },
    ]
  },
}

const dataLost: Check = {
  id: 'data-lost',
  severity: 'error',
  title: 'A Redis has lost its data',
  why: 'It does not hold the group id, which every data set of this data centre has. Its answer "no such session" proves nothing, and applications reject it.',
  needs: ['redis'],
  check: (snapshot) => {
    const all = answering(snapshot.redis)
    const empty = all.filter(({ facts }) => facts.groupId === null)
    const [primary] = primariesOf(snapshot)
    // Replicas have the data of their primary: this is one loss, not three.
    if (primary !== undefined && primary.facts.groupId === null) {
      const subject = empty.length === all.length ? 'the group' : primary.name
      const setGroupId = redisCli(primary.address, 'SET', MARK_KEY, '<mark of secrets.json>', 'NX')
      return [
        {
          subject,
          evidence: `${empty.map(({ name }) => name).join(', ')} ${empty.length === 1 ? 'has' : 'have'} no ${MARK_KEY}.`,
          advice: `If a Redis with data is left, or a backup, make that the primary. If it is acceptable that all users log in again:\n${setGroupId}`,
        },
      ]
    }
    return empty.map(({ name }) => ({
      subject: name,
      evidence: `It has no ${MARK_KEY}, but its primary has one.`,
      advice: restart(snapshot, name, 'as a replica it copies all data from the primary'),
    }))
  },
}

const foreignGroupId: Check = {
  id: 'foreign-mark',
  severity: 'error',
  title: 'A Redis holds the data of another data centre',
  why: 'It has another group id. The sessions of two data centres would be mixed, so applications reject it.',
  needs: ['redis'],
  check: (snapshot) => {
    const foreign = answering(snapshot.redis).filter(
      ({ facts }) => facts.groupId !== null && facts.groupId !== snapshot.groupId,
    )
    const [primary] = primariesOf(snapshot)
    const cause = foreign.filter(({ name }) => name === primary?.name)
    return (cause.length > 0 ? cause : foreign).map(({ name }) => ({
      subject: name,
      evidence: `Its ${MARK_KEY} is not the one in secrets.json.`,
      advice:
        'Before anything else, find out which foreign primary it followed, or which backup was restored.',
    }))
  },
}

const replicaOfItself: Check = {
  id: 'replica-of-itself',
  severity: 'error',
  title: 'A Redis is configured to follow itself',
  why: 'It receives no more data and cannot be promoted.',
  needs: ['redis', 'addresses'],
  check: (snapshot) => {
    const primary = confirmedPrimary(snapshot)
    return answering(snapshot.redis)
      .filter(
        ({ at, facts }) => facts.replication.role === 'replica' && facts.replication.primaryAddress === at,
      )
      .map(({ name, at, address }) => ({
        subject: name,
        evidence: `Its replicaof is ${at}, its own address.`,
        advice:
          primary === undefined
            ? 'First make the Sentinels agree on a primary.'
            : redisCli(address, 'REPLICAOF', primary.address.host, String(primary.address.port)),
      }))
  },
}

const replicaLinkDown: Check = {
  id: 'replica-link-down',
  severity: 'error',
  title: 'A replica has no link to its primary',
  why: 'It falls behind. After ten times down-after-milliseconds, it can no longer be promoted.',
  needs: ['redis', 'addresses'],
  check: (snapshot) => {
    const primary = confirmedPrimary(snapshot)
    return answering(snapshot.redis).flatMap(({ name, at, address, facts }) => {
      const { role, linkUp, primaryAddress } = facts.replication
      if (role !== 'replica' || linkUp || primaryAddress === at || !facts.knowsReplicaPassword) return []
      const followed = snapshot.redis.find((node) => node.at === primaryAddress)
      const isExplainedByPrimary =
        followed !== undefined && (followed.facts === null || differsFromPlan(followed.facts.acl, 'replica'))
      if (isExplainedByPrimary) return []
      const seconds = facts.info['master_link_down_since_seconds']
      // -1: it has had no link since its start.
      const duration = Number(seconds) < 0 ? 'since it started' : `for ${seconds} s`
      const syncing = facts.info['master_sync_in_progress'] === '1'
      const elsewhere = primary !== undefined && primaryAddress !== primary.at
      return {
        subject: name,
        evidence: syncing
          ? `It is copying all data from ${primaryAddress}.`
          : `Its link to ${primaryAddress} has been down ${duration}.${elsewhere ? ` The primary is ${primary.at}.` : ''}`,
        advice: syncing
          ? 'Wait until it has all data.'
          : elsewhere
            ? redisCli(address, 'REPLICAOF', primary.address.host, String(primary.address.port))
            : `Read its log. Check that ${primaryAddress} can be reached from its host, and that its disk has room for a copy of the data:\n${dfOf(facts.config['dir'])}`,
      }
    })
  },
}

const replicaWritable: Check = {
  id: 'replica-writable',
  severity: 'error',
  title: 'A Redis accepts writes while it is a replica',
  why: 'No other Redis gets such a write. It is lost with the next full copy, also after a failover that deposes this Redis.',
  needs: ['redis'],
  check: ({ redis }) =>
    answering(redis)
      .filter(({ facts }) => facts.config['replica-read-only'] === 'no')
      .map((node) => {
        const { advice, fix } = setDirective(node, 'replica-read-only', 'yes')
        return {
          subject: node.name,
          evidence: `It has replica-read-only "no", and it is a ${node.facts.replication.role}.`,
          advice: `A client that writes to it while it is a replica then gets the error READONLY: it must write to the primary, which Sentinel names.\n${advice}`,
          fix,
        }
      }),
}

const replicaBehind: Check = {
  id: 'replica-behind',
  severity: 'warning',
  title: 'A replica is far behind its primary',
  why: 'If it were promoted now, the applications would have to write the missing data again.',
  needs: ['redis', 'addresses'],
  check: (snapshot) => {
    const [primary] = primariesOf(snapshot)
    if (primary === undefined) return []
    return answering(snapshot.redis).flatMap(({ name, facts }) => {
      const behind = primary.facts.replication.offset - facts.replication.offset
      if (
        !facts.replication.linkUp ||
        facts.replication.primaryAddress !== primary.at ||
        behind <= MAX_LAG_BYTES
      )
        return []
      return {
        subject: name,
        evidence: `It is ${formatCount(behind)} bytes behind ${primary.name}.`,
        advice: 'Check whether its host, its disk or the network path to the primary is overloaded.',
      }
    })
  },
}

const writesPaused: Check = {
  id: 'writes-paused',
  severity: 'error',
  title: 'A Redis pauses writes',
  why: 'Logins and logouts hang. An interrupted switchover leaves a pause of at most 3 s.',
  needs: ['redis'],
  check: ({ redis }) =>
    answering(redis)
      .filter(({ facts }) => facts.writesWait)
      .map(({ name, address }) => ({
        subject: name,
        evidence: 'It answers reads at once, but not a write command within 700 ms.',
        advice: `Run this unless an operation, such as a switchover, is pausing writes on purpose:\n${redisCli(address, 'CLIENT', 'UNPAUSE')}`,
        fix: { kind: 'end-pause', address },
      })),
}

export const PRIMARY_AND_REPLICA_CHECKS: readonly Check[] = [
  twoPrimaries,
  noPrimary,
  dataLost,
  foreignGroupId,
  replicaOfItself,
  replicaLinkDown,
  replicaWritable,
  replicaBehind,
  writesPaused,
]
