import { redisCli } from '../advice.ts'
import type { Check } from '../finding.ts'
import { answering } from '../snapshot.ts'

export const defaultUserWithoutRights: Check = {
  id: 'default-user-without-rights',
  severity: 'error',
  title: 'A Redis would leave out logins and log-outs when it starts again',
  why: 'It loads its append-only file as the user default, and skips what a script wrote together when that user may not do it (redis/redis#14541). The user stays off: nobody can log in as it.',
  check: (snapshot) =>
    answering(snapshot.redis).flatMap(({ name, address, facts: { acl } }) => {
      const plan = acl.planned.find((user) => user.name === 'default')
      const live = acl.users.find((user) => user.name === 'default')
      const lost = plan?.rules.filter((rule) => !live?.rules.includes(rule)) ?? []
      const denied = live?.rules.filter((rule) => rule.startsWith('-')) ?? []
      if (lost.length === 0 && denied.length === 0) return []
      const rules = plan?.rules ?? []
      return {
        subject: name,
        evidence: `Its user default lacks ${[...lost, ...denied.map((rule) => `+${rule.slice(1)}`)].join(' ')}.`,
        mend: `${redisCli(address, 'ACL', 'SETUSER', 'default', 'off', ...(denied.length > 0 ? rules : lost))}\n${redisCli(address, 'ACL', 'SAVE')}`,
        fix: { kind: 'user', on: 'redis', address, user: 'default' },
      }
    }),
}
