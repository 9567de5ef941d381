export {
  type AuthorityRequest,
  type CertificateRequest,
  type Credential,
  createAuthority,
  issueCertificate,
  type Purpose,
} from './certificate.ts'
export { type CertificateFacts, inspectCertificate, isSignedBy } from './inspect.ts'
