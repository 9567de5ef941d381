import { switchover } from '../../src/switchover/switchover.ts'

// Run as a separate process: it starts a switchover, and kills itself when it starts the step `last`.
const [stateDir = '', last = ''] = process.argv.slice(2)
await switchover({
  stateDir,
  onProgress: ({ step }) => {
    if (step === last) process.kill(process.pid, 'SIGKILL')
  },
})
