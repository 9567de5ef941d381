#!/usr/bin/env node
// An older Node cannot load the other modules, so this one checks its version before it imports them.
import { nodeProblem } from './command-line/node-version.ts'

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    // The reader has closed the pipe, as `head` does: stop as on SIGTERM.
    process.kill(process.pid, 'SIGTERM')
  })
}
const problem = nodeProblem(process.versions.node)
if (problem === null) {
  const { keepCompiled } = await import('./command-line/compile-cache.ts')
  keepCompiled(process.env)
  const { runCommandLine } = await import('./program.ts')
  process.exitCode = await runCommandLine(process.argv.slice(2))
} else {
  console.error(problem)
  process.exitCode = 1
}
