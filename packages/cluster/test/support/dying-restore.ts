import { restore } from '../../src/index.ts'

// Run as a process of its own: begins a restore and is killed after its first merged records.
const [stateDir = '', file = '', identity = ''] = process.argv.slice(2)
await restore({
  stateDir,
  file,
  key: { identities: [identity] },
  onProgress: ({ step }) => {
    if (step === 'merge') process.kill(process.pid, 'SIGKILL')
  },
})
