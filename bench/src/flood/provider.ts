import http from 'node:http'

/** An OpenID provider that has a discovery document and no users: logins begin at it, and none comes back. */
export async function startProvider(stack: AsyncDisposableStack): Promise<string> {
  let issuer = ''
  const server = http.createServer((_request, response) => {
    const document = {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(document))
  })
  const listening = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', listening.resolve)
  await listening.promise
  stack.defer(async () => void server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The provider has no port.')
  issuer = `http://127.0.0.1:${address.port}`
  return issuer
}
