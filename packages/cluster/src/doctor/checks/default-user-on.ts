import type { Check } from '../finding.ts'
import type { Snapshot } from '../snapshot.ts'
import { guarded } from './users.ts'

export const defaultUserOn: Check = {
  id: 'default-user-on',
  severity: 'error',
  title: 'The default user is switched on',
  why: 'Who connects and says nothing is this user.',
  needs: ['redis', 'sentinels'],
  check: (snapshot: Snapshot) =>
    guarded(snapshot)
      .filter(({ acl }) => acl.users.some(({ name, isOn }) => name === 'default' && isOn))
      .map(({ on, process, acl, clients }) => {
        const count = clients.filter(({ user }) => user === 'default').length
        const open = acl.users.some(({ name, nopass }) => name === 'default' && nopass)
        return {
          subject: process.name,
          evidence: `It is on${open ? ', and needs no password' : ''}. ${count} of its connections are clients of this user.`,
          mend: `It is switched off, and given the rights that Redis needs at its start, by this, when no client of any process is connected as it:\nholdfast doctor --fix${snapshot.again}`,
          fix: { kind: 'user', on, address: process.address, user: 'default' },
        }
      }),
}
