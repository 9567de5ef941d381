import { rotateCertificates } from '../../src/rotate/certificates/rotate-certificates.ts'
import { rotateKeyring } from '../../src/rotate/keyring/rotate-keyring.ts'
import { rotatePasswords } from '../../src/rotate/passwords/rotate-passwords.ts'

// Run as a separate process: it starts or continues a rotation of a described site, and kills itself when it starts the step
// `last` for the given time.
const [what = '', siteFile = '', certificates = '', deliverCommand = '', last = '', times = '1'] =
  process.argv.slice(2)
let seen = 0
const onProgress = ({ step }: { step: string }) => {
  if (step === last) seen += 1
  if (seen === Number(times)) process.kill(process.pid, 'SIGKILL')
}
const options = { siteFile, certificates, deliverCommand, onProgress }
if (what === 'keyring') await rotateKeyring(options)
else if (what === 'certificates') await rotateCertificates(options)
else await rotatePasswords(options)
