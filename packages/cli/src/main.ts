#!/usr/bin/env node
import { keepCompiled } from './command-line/compile-cache.ts'

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    // The reader has closed the pipe, as `head` does: stop as on SIGTERM.
    process.kill(process.pid, 'SIGTERM')
  })
}
keepCompiled(process.env)
const { runCommandLine } = await import('./program.ts')
process.exitCode = await runCommandLine(process.argv.slice(2))
