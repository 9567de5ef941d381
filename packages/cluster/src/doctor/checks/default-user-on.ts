import { redisCli } from '../advice.ts'
import type { Check } from '../finding.ts'
import type { Snapshot } from '../snapshot.ts'
import { guarded } from './users.ts'

export const defaultUserOn: Check = {
  id: 'default-user-on',
  severity: 'error',
  title: 'The default user is switched on',
  why: 'Who connects and says nothing is this user.',
  check: (snapshot: Snapshot) =>
    guarded(snapshot)
      .filter(({ acl }) => acl.users.some(({ name, isOn }) => name === 'default' && isOn))
      .map(({ on, process, acl }) => {
        const open = acl.users.some(({ name, nopass }) => name === 'default' && nopass)
        return {
          subject: process.name,
          evidence: open ? 'It is on, and needs no password.' : 'It is on.',
          mend: redisCli(process.address, 'ACL', 'SETUSER', 'default', 'off'),
          fix: { kind: 'user', on, address: process.address, user: 'default' },
        }
      }),
}
