#!/usr/bin/env node
import { keepCompiled } from './compile-cache.ts'

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    // Who read has left, as `head` does: what runs ends as it does when it is told to.
    process.kill(process.pid, 'SIGTERM')
  })
}
keepCompiled(process.env)
const { runCommandLine } = await import('./program.ts')
process.exitCode = await runCommandLine(process.argv.slice(2))
