/** The content of every session in every benchmark, for Holdfast and for the other side: about 260 bytes as JSON. */
export interface Content {
  subject: string
  device: string
  claims: { name: string; email: string; roles: string[]; tenant: string; loginMethod: string }
}

export function contentOf(user: number): Content {
  const number = String(user).padStart(7, '0')
  return {
    subject: `user-${number}`,
    device: 'Firefox on Linux, office laptop',
    claims: {
      name: `Given Family-Name ${number}`,
      email: `given.family-${number}@example.org`,
      roles: ['operator', 'auditor'],
      tenant: 'tenant-0042',
      loginMethod: 'password+totp',
    },
  }
}
