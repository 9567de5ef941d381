import { basename, dirname } from 'node:path'
import { shellWord } from '../../data-centre/shell-word.ts'
import type { Check, CheckResult, Fix } from '../finding.ts'
import type { FileSnapshot, Snapshot } from '../snapshot.ts'
import { newCertificates } from './advice.ts'

const configNotWritable: Check = {
  id: 'config-not-writable',
  severity: 'error',
  title: 'A process cannot rewrite its file',
  why: 'A Sentinel saves each vote and each new primary there, and a Redis saves which primary it follows. After a restart they would act on outdated data.',
  needs: ['this machine'],
  check: ({ files }) =>
    files
      .filter(({ rewrittenBy, writable }) => rewrittenBy !== null && !writable)
      .map((file) => ({
        subject: file.rewrittenBy ?? '',
        evidence: `${basename(dirname(file.path))}/${basename(file.path)} is not writable (mode ${file.mode.toString(8)}).`,
        ...setPrivateMode(file),
      })),
}

const secretsReadable: Check = {
  id: 'secrets-readable',
  severity: 'error',
  title: 'Other users of this machine can read secrets',
  why: 'These files hold passwords and keys. Anyone who has them can log in as any user.',
  needs: ['this machine'],
  check: ({ files }) =>
    files
      .filter(({ mode }) => (mode & 0o077) !== 0)
      .map((file) => ({
        subject: file.path,
        evidence: `Its mode is ${file.mode.toString(8)}.`,
        ...setPrivateMode(file),
      })),
}

/** Lets only the owner of a file or folder read and write it. */
function setPrivateMode({ path, isFolder }: FileSnapshot): { advice: string; fix: Fix } {
  const mode = isFolder ? 0o700 : 0o600
  return { advice: `chmod ${mode.toString(8)} ${shellWord(path)}`, fix: { kind: 'mode', path, mode } }
}

const secretTooOld: Check = {
  id: 'secret-too-old',
  severity: 'warning',
  title: 'A secret has not been rotated for a long time',
  why: 'Anyone who copied it in the past, such as a former colleague or the thief of a backup, still has it.',
  needs: [],
  check: ({ secretAges, topology: { rotation }, cliFlags }) => {
    const passwords = secretAges.filter(({ secret }) => secret !== 'keyring')
    const keyring = secretAges.filter(({ secret }) => secret === 'keyring')
    return [
      ...tooOld('passwords', passwords, rotation.usersDays, cliFlags),
      ...tooOld('keyring', keyring, rotation.keyringDays, cliFlags),
    ]
  },
}

function tooOld(
  kind: 'passwords' | 'keyring',
  ages: Snapshot['secretAges'],
  maxDays: number,
  cliFlags: string,
): CheckResult[] {
  const old = ages.filter(({ ageDays }) => ageDays > maxDays)
  if (old.length === 0) return []
  const oldest = Math.max(...old.map(({ ageDays }) => ageDays))
  const names = old.map(({ secret }) => secret).join(', ')
  const age = old.length === 1 ? `${names} is ${oldest}` : `${names} are up to ${oldest}`
  return [
    {
      subject: 'secrets.json',
      evidence: `${age} days old; the limit is ${maxDays} days.`,
      advice: `holdfast rotate ${kind}${cliFlags}`,
    },
  ]
}

const certificateEnded: Check = {
  id: 'certificate-ended',
  severity: 'error',
  title: 'A certificate has expired',
  why: 'New connections to or from this process are refused. Open connections continue, so each restart does more harm.',
  needs: ['certificates'],
  check: (snapshot) =>
    snapshot.certificates
      .filter(({ daysLeft }) => daysLeft < 0)
      .map(({ name, daysLeft }) => ({
        subject: name,
        evidence: `Its certificate expired ${daysLeft === -1 ? 'less than a day' : `${-daysLeft - 1} days`} ago.`,
        advice: newCertificates(snapshot),
      })),
}

const certificateEndsSoon: Check = {
  id: 'certificate-ends-soon',
  severity: 'warning',
  title: 'A certificate expires soon',
  why: 'After its last day, no client can connect to this process, and no failover helps.',
  needs: ['certificates'],
  check: (snapshot) => {
    const { certificateDaysLeft } = snapshot.topology.rotation
    return snapshot.certificates
      .filter(({ daysLeft }) => daysLeft >= 0 && daysLeft < certificateDaysLeft)
      .map(({ name, daysLeft }) => ({
        subject: name,
        evidence: `Its certificate expires in ${daysLeft} days; the limit is ${certificateDaysLeft} days.`,
        advice: newCertificates(snapshot),
      }))
  },
}

export const SECRET_AND_CERTIFICATE_CHECKS: readonly Check[] = [
  configNotWritable,
  secretsReadable,
  secretTooOld,
  certificateEnded,
  certificateEndsSoon,
]
