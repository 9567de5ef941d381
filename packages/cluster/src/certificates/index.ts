export {
  type AuthorityRequest,
  type CertificateRequest,
  type Credential,
  createAuthority,
  issueCertificate,
  MOST_AUTHORITY_DAYS,
  MOST_DAYS,
  type Purpose,
} from './certificate.ts'
export { type CertificateFile, CertificateFolder } from './folder.ts'
export { type CertificateFacts, inspectCertificate, isSignedBy } from './inspect.ts'
