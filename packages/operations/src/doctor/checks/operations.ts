import { answering } from '@holdfast/agent/group/health'
import type { Check } from '../finding.ts'

const rotationUnfinished: Check = {
  id: 'rotation-unfinished',
  severity: 'warning',
  title: 'A rotation of passwords has not finished',
  why: 'Old and new passwords are both valid, so no login is refused, but the old passwords still work.',
  needs: [],
  check: ({ rotations: { passwords: rotation }, cliFlags }) => {
    if (rotation === null || rotation.isRunning || rotation.phase === 'wait') return []
    const { startedAt, users, undoing } = rotation
    const advice = undoing
      ? `holdfast rotate passwords --undo${cliFlags}`
      : `holdfast rotate passwords${cliFlags}\nTo go back instead:\nholdfast rotate passwords --undo${cliFlags}`
    return [
      {
        subject: 'the group',
        evidence: `The rotation of ${users.join(', ')} began at ${startedAt}, and no process works on it.`,
        advice,
        fix: { kind: 'rotation' },
      },
    ]
  },
}

const rotationUnderWay: Check = {
  id: 'rotation-under-way',
  severity: 'info',
  title: 'A rotation of passwords is under way',
  why: 'Until it finishes, each of its users has two valid passwords, the old and the new one.',
  needs: [],
  check: ({ rotations: { passwords: rotation }, cliFlags }) => {
    if (rotation === null || !(rotation.isRunning || rotation.phase === 'wait')) return []
    const { startedAt, users, isRunning } = rotation
    return [
      {
        subject: 'the group',
        evidence: `The rotation of ${users.join(', ')} began at ${startedAt}${isRunning ? '.' : ', and waits until other applications use the new passwords.'}`,
        advice: isRunning
          ? 'Wait until it finishes.'
          : `When they do:\nholdfast rotate passwords --stage finish${cliFlags}\nTo go back:\nholdfast rotate passwords --undo${cliFlags}`,
      },
    ]
  },
}

const certificateRotationUnfinished: Check = {
  id: 'certificate-rotation-unfinished',
  severity: 'warning',
  title: 'A rotation of certificates has not finished',
  why: 'Old and new certificates trust each other, so no connection is refused. But some processes may use an old certificate until it expires.',
  needs: [],
  check: ({ rotations: { certificates }, supervisor, cliFlags }) => {
    if (certificates === null || certificates.isRunning) return []
    const command = 'holdfast rotate certificates'
    return [
      {
        subject: 'the group',
        evidence: `It has issued the certificates of ${certificates.issued.join(', ')}, and no process works on it.`,
        advice:
          supervisor === 'none'
            ? `${command}${cliFlags}\nIf people copy the certificates to the hosts, then once they are there:\n${command} --stage finish${cliFlags}`
            : `${command}${cliFlags}`,
      },
    ]
  },
}

const keyringRotationUnfinished: Check = {
  id: 'keyring-rotation-unfinished',
  severity: 'warning',
  title: 'A rotation of the key ring has not finished',
  why: 'No user is logged out, and data that either key has sealed can be read. But the older key may continue to seal new sessions.',
  needs: [],
  check: ({ rotations: { keyring }, cliFlags }) => {
    if (keyring === null || keyring.isRunning || keyring.waits) return []
    return [
      {
        subject: 'the group',
        evidence: `It introduces the key ${keyring.next}, and no process works on it.`,
        advice: `holdfast rotate keyring${cliFlags}`,
      },
    ]
  },
}

const keyringRotationWaits: Check = {
  id: 'keyring-rotation-waits',
  severity: 'info',
  title: 'A rotation of the key ring waits for other applications',
  why: 'The older key seals new sessions until every application with a copy of the key ring knows the new key.',
  needs: [],
  check: ({ rotations: { keyring }, cliFlags }) => {
    if (keyring === null || keyring.isRunning || !keyring.waits) return []
    return [
      {
        subject: 'the group',
        evidence: `It introduces the key ${keyring.next}, and has stopped until other applications have the new key ring.`,
        advice: `When all of them have it:\nholdfast rotate keyring --stage finish${cliFlags}`,
      },
    ]
  },
}

const failoverUnderWay: Check = {
  id: 'failover-under-way',
  severity: 'info',
  title: 'A failover is under way',
  why: 'Some of the other findings may disappear when it ends.',
  needs: ['sentinels'],
  check: ({ sentinels }) =>
    answering(sentinels)
      .filter(({ facts }) => facts.failingOver)
      .map(({ name, facts }) => ({
        subject: name,
        evidence: `It leads a failover from ${facts.primary}.`,
        advice: 'Wait a few seconds, and run this command again.',
      })),
}

const forcedFailover: Check = {
  id: 'forced-failover',
  severity: 'warning',
  title: 'A failover was forced',
  why: 'SENTINEL FAILOVER requires no votes. While the old primary lives, it and the promoted Redis may both acknowledge logins for up to a second, and longer if a host is cut off.',
  needs: ['sentinels'],
  check: ({ sentinels }) =>
    answering(sentinels)
      .filter(({ facts }) => facts.failingOver && facts.flags.includes('force_failover'))
      .map(({ name, facts }) => ({
        subject: name,
        evidence: `Its flags for ${facts.primary} are ${facts.flags.join(',')}.`,
        advice:
          'Do nothing if `holdfast switchover` runs or the process of the primary has just exited: a switchover pauses writes first, and an exited primary takes none. Otherwise use `holdfast switchover` the next time, never SENTINEL FAILOVER.',
      })),
}

export const OPERATION_CHECKS: readonly Check[] = [
  rotationUnfinished,
  rotationUnderWay,
  certificateRotationUnfinished,
  keyringRotationUnfinished,
  keyringRotationWaits,
  failoverUnderWay,
  forcedFailover,
]
