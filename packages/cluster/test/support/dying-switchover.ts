import { switchover } from '../../src/index.ts'

// Run as a process of its own: begins a switchover and is killed at the beginning of one of its steps.
const [stateDir = '', last = ''] = process.argv.slice(2)
await switchover({
  stateDir,
  onProgress: ({ step }) => {
    if (step === last) process.kill(process.pid, 'SIGKILL')
  },
})
