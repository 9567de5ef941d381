import { restore } from '../../src/backup/restore.ts'

// Run as a separate process: it starts a restore, and kills itself after the first merged records.
const [stateDir = '', file = '', identity = ''] = process.argv.slice(2)
await restore({
  stateDir,
  file,
  key: { identities: [identity] },
  onProgress: ({ step }) => {
    if (step === 'merge') process.kill(process.pid, 'SIGKILL')
  },
})
