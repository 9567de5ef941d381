import { answering } from '@holdfast/agent/group/health'
import type { Check } from '../finding.ts'
import { formatCount, mostUsedBytes } from '../memory.ts'
import { dfOf, redisCli, setDirective, setDirectives } from './advice.ts'

const noPersistence: Check = {
  id: 'no-persistence',
  severity: 'error',
  title: 'A Redis does not write its data to disk',
  why: 'After a crash it is restarted within a second, without data. As the primary it would then empty the replicas.',
  needs: ['redis'],
  check: ({ redis }) =>
    answering(redis)
      .filter(({ facts }) => facts.config['appendonly'] !== 'yes')
      .map((node) => ({
        subject: node.name,
        evidence: `Its appendonly is ${node.facts.config['appendonly']}.`,
        ...setDirective(node, 'appendonly', node.facts.plannedConfig['appendonly'] ?? ''),
      })),
}

const aofFailing: Check = {
  id: 'aof-failing',
  severity: 'error',
  title: 'A Redis cannot write its data to disk',
  why: 'A primary then refuses writes, and a power failure destroys all data that is not on disk.',
  needs: ['redis'],
  check: ({ redis }) =>
    answering(redis).flatMap(({ name, facts: { info, config } }) => {
      const failed = ['aof_last_write_status', 'aof_last_bgrewrite_status', 'rdb_last_bgsave_status'].filter(
        (field) => info[field] !== undefined && info[field] !== 'ok',
      )
      if (failed.length === 0) return []
      return {
        subject: name,
        evidence: `INFO reports ${failed.map((field) => `${field}:${info[field]}`).join(', ')}.`,
        advice: `Read its log for the reason, and check the free disk space on its host:\n${dfOf(config['dir'])}`,
      }
    }),
}

/** However little data there is, its file grows with each login until Redis rewrites it (in bytes). */
const MIN_FREE_BYTES = 128 * 1024 ** 2

const diskNearlyFull: Check = {
  id: 'disk-nearly-full',
  severity: 'error',
  title: 'The disk of a Redis on this machine is nearly full',
  why: 'On a full disk a replica ends, and a primary refuses logins and logouts.',
  needs: ['redis'],
  check: (snapshot) => {
    // A rewrite of the file, and a full copy from the primary, are stored beside the present file, which may have doubled.
    const needed = Math.max(2 * mostUsedBytes(snapshot), MIN_FREE_BYTES)
    return answering(snapshot.redis).flatMap(({ name, facts: { disk, config } }) =>
      disk === null || disk.freeBytes >= needed
        ? []
        : {
            subject: name,
            evidence: `${formatCount(disk.freeBytes)} of ${formatCount(disk.totalBytes)} bytes are free, and Redis needs ${formatCount(needed)} for a second copy of its data.`,
            advice: `Free space on its host, or enlarge the disk. Delete nothing in ${config['dir']}. To see what fills it:\n${dfOf(config['dir'])}`,
          },
    )
  },
}

const aofCutShort: Check = {
  id: 'aof-cut-short',
  severity: 'error',
  title: 'A Redis would lose all writes since its last start when it restarts',
  why: 'The end of its append-only file was missing, and half a transaction may be left in the file. The next start ignores everything after that.',
  needs: ['this machine', 'redis'],
  check: ({ redis }) =>
    answering(redis)
      .filter(
        ({ facts: { info, truncatedAtStart } }) => truncatedAtStart && Number(info['aof_rewrites']) === 0,
      )
      .map(({ name, address }) => ({
        subject: name,
        evidence:
          'Its log contains "Truncating the AOF" since its last start, and the file has not been rewritten since.',
        advice: redisCli(address, 'BGREWRITEAOF'),
        fix: { kind: 'rewrite-aof', address },
      })),
}

const minReplicasOff: Check = {
  id: 'min-replicas-off',
  severity: 'error',
  title: 'A Redis accepts writes that no replica has',
  why: 'A primary that is cut off would keep accepting logins, which are lost when it returns.',
  needs: ['redis'],
  check: ({ redis }) =>
    answering(redis)
      .filter(
        // A maximum lag of 0 disables both directives.
        ({ facts }) =>
          Number(facts.config['min-replicas-to-write']) < 1 || facts.config['min-replicas-max-lag'] === '0',
      )
      .map((node) => ({
        subject: node.name,
        evidence: `Its min-replicas-to-write is ${node.facts.config['min-replicas-to-write']}, and its min-replicas-max-lag is ${node.facts.config['min-replicas-max-lag']} s.`,
        ...setDirectives(
          node,
          Object.fromEntries(
            ['min-replicas-to-write', 'min-replicas-max-lag'].map((name) => [
              name,
              node.facts.plannedConfig[name] ?? '',
            ]),
          ),
        ),
      })),
}

export const PERSISTENCE_CHECKS: readonly Check[] = [
  noPersistence,
  aofFailing,
  diskNearlyFull,
  aofCutShort,
  minReplicasOff,
]
