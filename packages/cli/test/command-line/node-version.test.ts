import { expect, test } from 'vitest'
import { nodeProblem } from '../../src/command-line/node-version.ts'

test.each(['22.12.0', '22.23.3', '24.0.0', '30.1.2'])('Node %s runs the command', (version) => {
  expect(nodeProblem(version)).toBeNull()
})

test.each(['16.20.2', '20.20.2', '22.11.0'])(
  'Node %s is refused in one sentence that names what to install',
  (version) => {
    expect(nodeProblem(version)).toMatch(/^Holdfast needs Node 22\.12\.0 or later, and this is Node \d/)
  },
)
