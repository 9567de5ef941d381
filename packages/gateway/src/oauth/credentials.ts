/** A client's id and secret, as the request contains them. */
export interface ClientCredentials {
  id: string
  secret: string
}

/** `none`: no readable credentials. `twice`: more than one kind, which RFC 6749, section 2.3, forbids. */
type Presented = ClientCredentials | 'none' | 'twice'

/**
 * The client's credentials, from the header (`client_secret_basic`) or from the form (`client_secret_post`): RFC 6749,
 * section 2.3.1.
 */
export function readClientCredentials(
  authorization: string | undefined,
  form: ReadonlyMap<string, string>,
): Presented {
  const id = form.get('client_id')
  const secret = form.get('client_secret')
  if (authorization !== undefined) return secret === undefined ? fromBasic(authorization) : 'twice'
  return id === undefined || secret === undefined ? 'none' : { id, secret }
}

function fromBasic(authorization: string): ClientCredentials | 'none' {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(authorization)?.[1]
  if (encoded === undefined) return 'none'
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? []
  return id === undefined || secret === undefined ? 'none' : { id: formText(id), secret: formText(secret) }
}

/** Both parts are form-encoded before they are joined. Text that is not is taken unchanged. */
function formText(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
