import { basename, dirname } from 'node:path'
import { shellWord } from '../../operate/shell-word.ts'
import type { Check } from '../finding.ts'

export const configNotWritable: Check = {
  id: 'config-not-writable',
  severity: 'error',
  title: 'A process cannot rewrite its file',
  why: 'A Sentinel writes down each vote and each new primary, a Redis whom it follows. After a restart they would act on the past.',
  needs: ['this machine'],
  check: ({ files }) =>
    files
      .filter(({ rewrittenBy, writable }) => rewrittenBy !== null && !writable)
      .map(({ path, isFolder, mode, rewrittenBy }) => ({
        subject: rewrittenBy ?? '',
        evidence: `${basename(dirname(path))}/${basename(path)} cannot be written to (mode ${mode.toString(8)}).`,
        mend: `chmod ${isFolder ? '700' : '600'} ${shellWord(path)}`,
        fix: { kind: 'mode', path, mode: isFolder ? 0o700 : 0o600 },
      })),
}
