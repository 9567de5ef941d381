const AUTHENTICATION = ['client_secret_basic', 'client_secret_post']

/**
 * What this server offers: RFC 8414, section 2. It has no authorization and no token endpoint: people log in with a
 * password. `response_types_supported` is required all the same, and a list must not be empty (section 3.2): `none` is
 * the type by which nothing is handed out.
 */
export function serverMetadata(issuer: string): Record<string, unknown> {
  return {
    issuer,
    response_types_supported: ['none'],
    introspection_endpoint: `${issuer}/introspect`,
    introspection_endpoint_auth_methods_supported: AUTHENTICATION,
    revocation_endpoint: `${issuer}/revoke`,
    revocation_endpoint_auth_methods_supported: AUTHENTICATION,
  }
}
