import type { Check } from '../finding.ts'

export const drillLeftBehind: Check = {
  id: 'drill-left-behind',
  severity: 'error',
  title: 'A drill was killed and has left its fault',
  why: 'What it did on purpose goes on: with the next fault that is two at once.',
  needs: ['this machine'],
  check: ({ drill, again }) =>
    drill === null || drill.isUnderWay || drill.undo.length === 0
      ? []
      : [
          {
            subject: 'the group',
            evidence: `It had begun to ${drill.fault}, and has ended before that was undone.`,
            mend: `holdfast doctor --fix${again}\nThe next drill undoes it, too.`,
            fix: { kind: 'undo-drill' },
          },
        ],
}
