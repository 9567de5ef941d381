import { describe, expect, it } from 'vitest'
import { CHECKS } from '../../src/doctor/checks/index.ts'
import { findingsIn } from '../../src/doctor/examine.ts'
import type { Snapshot } from '../../src/doctor/snapshot.ts'
import {
  healthySnapshot,
  redisFacts as redis,
  passwordRotation as rotation,
  sentinelFacts as sentinel,
} from '../support/healthy-snapshot.ts'

describe('each command of Holdfast in an advice ends with the options of the data centre', () => {
  const CLI_FLAGS = ' --file dc.yaml --data-centre dc2'
  it.each<[string, (snapshot: Snapshot) => void, string[]]>([
    [
      'a rotation of passwords that no process works on',
      (snapshot) => {
        snapshot.rotations.passwords = rotation({})
      },
      ['rotate passwords', 'rotate passwords --undo'],
    ],
    [
      'a rotation of passwords that goes back',
      (snapshot) => {
        snapshot.rotations.passwords = rotation({ undoing: true })
      },
      ['rotate passwords --undo'],
    ],
    [
      'a rotation of passwords that waits for other applications',
      (snapshot) => {
        snapshot.rotations.passwords = rotation({ phase: 'wait' })
      },
      ['rotate passwords --stage finish', 'rotate passwords --undo'],
    ],
    [
      'rotations of certificates and of the key ring',
      (snapshot) => {
        snapshot.rotations.certificates = { issued: ['redis-1'], isRunning: false }
        snapshot.rotations.keyring = { next: 'k2', waits: false, isRunning: false }
      },
      ['rotate certificates', 'rotate keyring'],
    ],
    [
      'a rotation of the key ring that waits for other applications',
      (snapshot) => {
        snapshot.rotations.keyring = { next: 'k2', waits: true, isRunning: false }
      },
      ['rotate keyring --stage finish'],
    ],
    [
      'secrets that are too old',
      (snapshot) => {
        snapshot.secretAges = ['admin', 'keyring'].map((secret) => ({ secret, since: '', ageDays: 400 }))
      },
      ['rotate passwords', 'rotate keyring'],
    ],
    [
      'a certificate that expires soon',
      (snapshot) => {
        snapshot.certificates = [{ name: 'redis-1', daysLeft: 1 }]
      },
      ['rotate certificates'],
    ],
    [
      'certificates of other hosts',
      (snapshot) => {
        snapshot.supervisor = 'none'
        snapshot.certificates = [{ name: 'redis@data-1', daysLeft: 1 }]
        snapshot.rotations.certificates = { issued: ['data-1'], isRunning: false }
      },
      ['rotate certificates', 'rotate certificates', 'rotate certificates --stage finish'],
    ],
    [
      'certificates that have expired, without killing the process that presents one',
      (snapshot) => {
        const [first, second] = snapshot.redis.map((one) => ({
          ...one,
          facts: null,
          problem: 'It has expired.',
        }))
        if (first !== undefined) snapshot.redis[0] = first
        snapshot.certificates = [{ name: first?.name ?? '', daysLeft: -1 }]
        if (second !== undefined) snapshot.sentinels[1] = { ...second, name: 'sentinel-2' }
        snapshot.certificates.push({ name: 'the operator', daysLeft: -3 })
      },
      Array(4).fill('rotate certificates'),
    ],
    [
      'a drill that was killed',
      (snapshot) => {
        snapshot.drill = { isUnderWay: false, fault: 'pause redis-2', undo: ['continue redis-2'] }
      },
      ['doctor --fix'],
    ],
    [
      'a password and a user that are not as planned',
      (snapshot) => {
        redis(snapshot, 1).knowsReplicaPassword = false
        sentinel(snapshot, 1).acl.users.pop()
      },
      ['doctor --fix', 'doctor --fix'],
    ],
    [
      'a Sentinel that names another primary',
      (snapshot) => {
        sentinel(snapshot, 1).primary = '10.1.2.12:6379'
      },
      ['doctor --fix', 'status'],
    ],
    [
      'a Redis that the supervisor does not start',
      (snapshot) => {
        snapshot.processes = snapshot.processes.map((one) => ({ ...one, state: 'held' }))
      },
      ['status', 'status', 'status'],
    ],
    [
      'a supervisor that is gone, and a Sentinel that exited with it',
      (snapshot) => {
        snapshot.supervisor = 'gone'
        snapshot.processes = []
        snapshot.sentinels = snapshot.sentinels.map((one, index) =>
          index === 0 ? { ...one, facts: null, problem: 'No answer.' } : one,
        )
      },
      [`down${CLI_FLAGS} && holdfast up --detach`, 'up --detach'],
    ],
  ])('about %s', (_, change, commands) => {
    const snapshot = { ...healthySnapshot(), cliFlags: CLI_FLAGS }
    change(snapshot)
    const lines = findingsIn(snapshot, CHECKS).flatMap(({ mend }) => mend.split('\n'))
    expect(lines.filter((line) => line.includes('holdfast '))).toEqual(
      commands.map((command) => `holdfast ${command}${CLI_FLAGS}`),
    )
  })
})

describe('the advice about an admin that is refused', () => {
  it('is to restore the admin of a Redis that accepts its password but denies its commands', () => {
    const snapshot = healthySnapshot()
    snapshot.redis = snapshot.redis.map((one, index) =>
      index === 1 ? { ...one, facts: null, problem: 'NOPERM.', refusal: 'rights' } : one,
    )
    expect(findingsIn(snapshot, CHECKS)).toMatchObject([
      {
        check: 'user-missing-or-widened',
        subject: 'redis-2, user admin',
        mend: expect.stringContaining('One host at a time, replicas first.'),
      },
    ])
  })

  it('is to restore the admin of the one Redis that refuses its password, but to change nothing if all refuse it', () => {
    const refusing = (those: readonly number[]) => {
      const snapshot = healthySnapshot()
      const all = [...snapshot.redis, ...snapshot.sentinels]
      for (const index of those)
        Object.assign(all[index] ?? {}, { facts: null, problem: 'WRONGPASS.', refusal: 'password' })
      return findingsIn(snapshot, CHECKS).filter(({ check }) => check === 'wrong-password')
    }
    expect(refusing([1])).toMatchObject([{ mend: expect.stringContaining('One host at a time') }])
    const all = refusing([0, 1, 2, 3, 4, 5])
    expect(all).toHaveLength(6)
    for (const { mend } of all) expect(mend).toMatch(/^Change nothing on the hosts/)
  })
})
