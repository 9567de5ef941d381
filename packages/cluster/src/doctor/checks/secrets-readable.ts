import { shellWord } from '../../operate/shell-word.ts'
import type { Check } from '../finding.ts'

export const secretsReadable: Check = {
  id: 'secrets-readable',
  severity: 'error',
  title: 'Others on this machine can read secrets',
  why: 'These files hold passwords and keys, and who has them can log in as anybody.',
  needs: ['this machine'],
  check: ({ files }) =>
    files
      .filter(({ mode }) => (mode & 0o077) !== 0)
      .map(({ path, isFolder, mode }) => ({
        subject: path,
        evidence: `Its mode is ${mode.toString(8)}.`,
        mend: `chmod ${isFolder ? '700' : '600'} ${shellWord(path)}`,
        fix: { kind: 'mode', path, mode: isFolder ? 0o700 : 0o600 },
      })),
}
