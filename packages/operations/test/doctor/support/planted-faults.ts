import { chmod, mkdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { writePrivate } from '@holdfast/site/private-file'
import { eventually } from '@holdfast/testing/local/data-centre'
import { Connection, MARK_KEY } from '@holdfast/tokens/redis'
import { expect } from 'vitest'
import type { FaultLab } from './fault-lab.ts'

/** A fault that is caused in a running data centre. */
export interface PlantedFault {
  /** The check that finds it. */
  id: string
  /** How it is caused. */
  by: string
  plant: (lab: FaultLab) => Promise<unknown>
  /** Absent if `--fix` fixes it. */
  undo?: (lab: FaultLab) => Promise<unknown>
  /** Other checks that may find something while Sentinel reacts. */
  beside?: string[]
}

export const PLANTED_FAULTS: readonly PlantedFault[] = [
  {
    id: 'node-down',
    by: 'SIGSTOP of a replica',
    plant: (lab) => lab.dc.control.signal(lab.nameOf('redis', lab.replica), 'SIGSTOP'),
    undo: (lab) => lab.dc.control.signal(lab.nameOf('redis', lab.replica), 'SIGCONT'),
  },
  {
    id: 'gateway-down',
    by: 'SIGSTOP of a gateway',
    plant: (lab) => lab.dc.control.signal('gateway-2', 'SIGSTOP'),
    undo: (lab) => lab.dc.control.signal('gateway-2', 'SIGCONT'),
  },
  {
    id: 'process-restarting',
    by: 'a broken configuration of a gateway, and a kill',
    plant: async (lab) => {
      lab.broken = await readFile(lab.fileOf('gateway-3', 'gateway.json'), 'utf8')
      await writeFile(lab.fileOf('gateway-3', 'gateway.json'), '{')
      await lab.dc.control.signal('gateway-3', 'SIGKILL')
      await eventually(async () => {
        const { processes } = await lab.dc.control.status()
        const gateway = processes.find(({ name }) => name === 'gateway-3')
        expect(gateway?.restarts).toBeGreaterThan(2)
        expect(gateway?.state).toBe('backoff')
      })
    },
    undo: (lab) => writeFile(lab.fileOf('gateway-3', 'gateway.json'), lab.broken),
  },
  {
    id: 'two-primaries',
    by: 'REPLICAOF NO ONE on a replica, twice',
    // Its history must not continue the primary's: otherwise the watchdog takes it for elected and demotes the old primary.
    plant: (lab) =>
      lab.dc.ask(
        lab.replica,
        ['REPLICAOF', 'NO', 'ONE'],
        ['REPLICAOF', lab.nowhere, '6379'],
        ['REPLICAOF', 'NO', 'ONE'],
      ),
    undo: (lab) => lab.follow(lab.replica, lab.primary),
  },
  {
    id: 'no-primary',
    by: 'REPLICAOF on the primary',
    plant: (lab) => lab.follow(lab.primary, lab.replica),
    undo: (lab) => lab.dc.ask(lab.primary, ['REPLICAOF', 'NO', 'ONE']),
    beside: ['replica-link-down', 'too-few-replicas-known'],
  },
  {
    id: 'replica-of-itself',
    by: 'REPLICAOF its own address',
    plant: (lab) => lab.follow(lab.replica, lab.replica),
    undo: (lab) => lab.follow(lab.replica, lab.primary),
  },
  {
    id: 'replica-link-down',
    by: 'REPLICAOF an address without a Redis',
    plant: (lab) => lab.follow(lab.replica, lab.nowhere),
    undo: (lab) => lab.follow(lab.replica, lab.primary),
  },
  {
    id: 'sentinels-disagree',
    by: 'SENTINEL MONITOR of a replica',
    plant: (lab) => lab.monitor(lab.replica, lab.replica),
    undo: (lab) => lab.monitor(lab.replica, lab.primary),
  },
  {
    id: 'too-few-sentinels-known',
    by: 'a reset of a Sentinel while no Sentinel announces itself',
    plant: async (lab) => {
      await lab.onAllSentinels('SENTINEL', 'DEBUG', 'publish-period', '60000')
      await sleep(100)
      await lab.dc.askSentinel(lab.replica, ['SENTINEL', 'RESET', lab.dc.topology.primaryName])
    },
    undo: (lab) => lab.onAllSentinels('SENTINEL', 'DEBUG', 'publish-period', '1000'),
    beside: ['too-few-replicas-known'],
  },
  {
    id: 'sentinel-cannot-reach',
    by: 'a wrong auth-pass of a Sentinel',
    plant: async (lab) => {
      const { primaryName, timings } = lab.dc.topology
      await lab.dc.askSentinel(lab.replica, ['SENTINEL', 'SET', primaryName, 'auth-pass', 'wrong'])
      await sleep(timings.downAfterMs + 1500)
    },
    undo: async (lab) => {
      await lab.dc.askSentinel(lab.replica, [
        'SENTINEL',
        'SET',
        lab.dc.topology.primaryName,
        'auth-pass',
        lab.secrets.sentinel,
      ])
    },
    beside: ['acl-denials'],
  },
  {
    id: 'failover-slower-than-clients-wait',
    by: 'down-after 60 s on all Sentinels',
    plant: (lab) =>
      lab.onAllSentinels('SENTINEL', 'SET', lab.dc.topology.primaryName, 'down-after-milliseconds', '60000'),
  },
  {
    id: 'timings-drifted',
    by: 'another failover-timeout on one Sentinel',
    plant: (lab) =>
      lab.dc.askSentinel(lab.primary, [
        'SENTINEL',
        'SET',
        lab.dc.topology.primaryName,
        'failover-timeout',
        '7000',
      ]),
  },
  {
    id: 'quorum-not-majority',
    by: 'quorum 3',
    plant: (lab) =>
      lab.dc.askSentinel(lab.primary, ['SENTINEL', 'SET', lab.dc.topology.primaryName, 'quorum', '3']),
  },
  {
    id: 'names-mixed-with-addresses',
    by: 'a host name as replica-announce-ip',
    plant: (lab) => lab.set(lab.replica, 'replica-announce-ip', 'localhost'),
  },
  {
    id: 'priority-changed',
    by: 'replica-priority 1',
    plant: (lab) => lab.set(lab.replica, 'replica-priority', '1'),
  },
  {
    id: 'priority-zero',
    by: 'replica-priority 0',
    plant: (lab) => lab.set(lab.replica, 'replica-priority', '0'),
  },
  {
    id: 'backlog-above-buffer-limit',
    by: 'a small output buffer for replicas',
    plant: (lab) => lab.set(lab.primary, 'client-output-buffer-limit', 'replica 32mb 16mb 60'),
  },
  {
    id: 'settings-drifted',
    by: 'another repl-timeout',
    plant: (lab) => lab.set(lab.replica, 'repl-timeout', '60'),
  },
  {
    id: 'min-replicas-off',
    by: 'min-replicas-to-write 0',
    plant: (lab) => lab.set(lab.primary, 'min-replicas-to-write', '0'),
  },
  {
    id: 'eviction-policy',
    by: 'allkeys-lru',
    plant: (lab) => lab.set(lab.primary, 'maxmemory-policy', 'allkeys-lru'),
  },
  { id: 'no-memory-limit', by: 'maxmemory 0', plant: (lab) => lab.set(lab.replica, 'maxmemory', '0') },
  { id: 'no-persistence', by: 'appendonly no', plant: (lab) => lab.set(lab.replica, 'appendonly', 'no') },
  {
    id: 'memory-nearly-full',
    by: 'maxmemory just above the memory in use',
    plant: async (lab) => {
      const [info = ''] = await lab.dc.ask(lab.replica, ['INFO', 'memory'])
      await lab.set(
        lab.replica,
        'maxmemory',
        String(Math.round(1.1 * Number(/used_memory:(\d+)/.exec(info)?.[1]))),
      )
    },
    undo: (lab) => lab.set(lab.replica, 'maxmemory', '256mb'),
    beside: ['memory-limit-drifted'],
  },
  {
    id: 'aof-failing',
    by: 'a snapshot that cannot be saved, after which a primary answers MISCONF to PING as on a full disk',
    plant: async (lab) => {
      const dump = lab.fileOf(lab.nameOf('redis', lab.primary), 'data', 'dump.rdb')
      // A full synchronization may have written one.
      await rm(dump, { recursive: true, force: true })
      await mkdir(dump)
      await lab.set(lab.primary, 'save', '900 1')
      await lab.dc.ask(lab.primary, ['BGSAVE'])
      await eventually(async () =>
        expect(String(await lab.dc.ask(lab.primary, ['INFO', 'persistence']))).toContain(
          'rdb_last_bgsave_status:err',
        ),
      )
      await expect(lab.dc.ask(lab.primary, ['PING'])).rejects.toThrow('MISCONF')
    },
    undo: async (lab) => {
      await rmdir(lab.fileOf(lab.nameOf('redis', lab.primary), 'data', 'dump.rdb'))
      await lab.set(lab.primary, 'save', '')
      await lab.dc.ask(lab.primary, ['BGSAVE'])
    },
    beside: ['settings-drifted'],
  },
  {
    id: 'replica-writable',
    by: 'replica-read-only no',
    plant: (lab) => lab.set(lab.replica, 'replica-read-only', 'no'),
  },
  {
    id: 'connections-nearly-used-up',
    by: 'a small maxclients',
    plant: async (lab) => {
      const [info = ''] = await lab.dc.ask(lab.primary, ['INFO', 'clients'])
      const open = Number(/connected_clients:(\d+)/.exec(info)?.[1])
      await lab.set(lab.replica, 'maxclients', String(open + 5))
    },
    undo: (lab) => lab.set(lab.replica, 'maxclients', '10000'),
  },
  {
    id: 'writes-paused',
    by: 'CLIENT PAUSE on a replica',
    plant: (lab) => lab.dc.ask(lab.replica, ['CLIENT', 'PAUSE', '60000', 'WRITE']),
  },
  {
    id: 'data-lost',
    by: 'a deleted group id',
    plant: (lab) => lab.dc.ask(lab.primary, ['DEL', MARK_KEY]),
    undo: (lab) => lab.dc.ask(lab.primary, ['SET', MARK_KEY, lab.secrets.mark]),
  },
  {
    id: 'foreign-mark',
    by: 'another group id',
    plant: (lab) => lab.dc.ask(lab.primary, ['SET', MARK_KEY, 'f'.repeat(32)]),
    undo: (lab) => lab.dc.ask(lab.primary, ['SET', MARK_KEY, lab.secrets.mark]),
  },
  {
    id: 'wrong-password',
    by: 'another password of the application',
    plant: (lab) => lab.dc.ask(lab.replica, ['ACL', 'SETUSER', 'app', 'resetpass', '>another']),
  },
  {
    id: 'wrong-password',
    by: 'another password of the admin',
    // The lab keeps its connection open, and undoes the fault by it.
    plant: (lab) => lab.dc.ask(lab.replica, ['ACL', 'SETUSER', 'admin', 'resetpass', '>another']),
    undo: (lab) =>
      lab.dc.ask(
        lab.replica,
        ['ACL', 'SETUSER', 'admin', 'resetpass', `>${lab.secrets.admin}`],
        ['ACL', 'LOG', 'RESET'],
      ),
  },
  {
    id: 'wrong-password',
    by: 'another masterauth',
    plant: (lab) => lab.set(lab.replica, 'masterauth', 'another'),
  },
  {
    id: 'wrong-password',
    by: 'a user of a Sentinel that is off',
    plant: (lab) => lab.dc.askSentinel(lab.replica, ['ACL', 'SETUSER', 'app', 'off']),
  },
  {
    id: 'wrong-password',
    by: 'another sentinel-pass',
    plant: (lab) =>
      lab.dc.askSentinel(lab.replica, ['SENTINEL', 'CONFIG', 'SET', 'sentinel-pass', 'another']),
  },
  {
    id: 'default-user-on',
    by: 'ACL SETUSER default on',
    plant: (lab) => lab.dc.ask(lab.replica, ['ACL', 'SETUSER', 'default', 'on', 'nopass']),
  },
  {
    id: 'default-user-without-rights',
    by: 'a default user that is off and has no rights',
    plant: (lab) => lab.dc.ask(lab.replica, ['ACL', 'SETUSER', 'default', 'reset']),
  },
  {
    id: 'user-missing-or-widened',
    by: 'a user with more rights',
    plant: (lab) => lab.dc.ask(lab.primary, ['ACL', 'SETUSER', 'metrics', '+get', '~*']),
  },
  {
    id: 'user-missing-or-widened',
    by: 'a deleted user',
    plant: (lab) => lab.dc.ask(lab.primary, ['ACL', 'DELUSER', 'metrics']),
  },
  {
    id: 'user-missing-or-widened',
    by: 'an unknown user',
    plant: (lab) => lab.dc.ask(lab.primary, ['ACL', 'SETUSER', 'mallory', 'on', '>secret', '+@all']),
    undo: (lab) => lab.dc.ask(lab.primary, ['ACL', 'DELUSER', 'mallory']),
  },
  {
    id: 'acl-denials',
    by: 'a command that the user may not run',
    plant: async (lab) => {
      const address = { host: lab.primary, port: 6379 }
      const connection = await Connection.open({
        address,
        username: 'metrics',
        password: lab.secrets.metrics,
      })
      await connection.send(['SET', 'x', 'y'], 1000).catch(() => {})
      connection.close()
    },
    undo: (lab) => lab.forgetDenials(),
  },
  {
    id: 'config-not-writable',
    by: 'chmod 0500 of the folder of a Sentinel',
    plant: (lab) => chmod(lab.fileOf('sentinel-2'), 0o500),
  },
  {
    id: 'secrets-readable',
    by: 'chmod 0644 of the secrets',
    plant: (lab) => chmod(lab.fileOf('secrets.json'), 0o644),
  },
  {
    id: 'certificate-rotation-unfinished',
    by: 'the journal of a rotation that was killed',
    plant: (lab) =>
      writePrivate(lab.fileOf('certificate-rotation.json'), '{ "issued": { "redis-1": "AB:CD" } }'),
    undo: (lab) => rm(lab.fileOf('certificate-rotation.json')),
  },
  {
    id: 'keyring-rotation-unfinished',
    by: 'a key that was being introduced',
    plant: (lab) => writePrivate(lab.fileOf('keyring-history.json'), '{ "next": "k2", "retired": {} }'),
    undo: (lab) => rm(lab.fileOf('keyring-history.json')),
  },
  {
    id: 'secret-too-old',
    by: 'a limit that the site has lowered',
    plant: async (lab) => {
      lab.topologyBefore = await readFile(lab.fileOf('topology.json'), 'utf8')
      const plan = JSON.parse(lab.topologyBefore)
      plan.site.rotation = { usersDays: 1 }
      const rotatedAt = { metrics: new Date(Date.now() - 2 * 86_400_000).toISOString() }
      await writePrivate(lab.fileOf('topology.json'), JSON.stringify(plan))
      await writePrivate(lab.fileOf('secrets.json'), JSON.stringify({ ...lab.secrets, rotatedAt }))
    },
    undo: async (lab) => {
      await writePrivate(lab.fileOf('topology.json'), lab.topologyBefore)
      await writePrivate(lab.fileOf('secrets.json'), JSON.stringify(lab.secrets))
    },
  },
]
