// oauth4webapi, which knows nothing of us but the issuer's address, signs in as a command-line tool does (RFC 8628). Its
// arguments are the issuer and a client id. Says the code that a person is to type, waits for a line on standard input, and
// fetches the token. Ends with an error at the first thing that is not as the RFCs say.
import assert from 'node:assert/strict'
import { createInterface } from 'node:readline/promises'
import * as oauth from 'oauth4webapi'

const [, , address, client_id] = process.argv
const insecure = { [oauth.allowInsecureRequests]: true }
const issuer = new URL(address)
const client = { client_id }

const server = await oauth.processDiscoveryResponse(
  issuer,
  await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }),
)
assert.ok(server.grant_types_supported.includes('urn:ietf:params:oauth:grant-type:device_code'))
assert.ok(server.token_endpoint_auth_methods_supported.includes('none'))

const scope = 'projects:read members:read'
const asked = await oauth.deviceAuthorizationRequest(server, client, oauth.None(), { scope }, insecure)
const waiting = await oauth.processDeviceAuthorizationResponse(server, client, asked)
assert.deepEqual([waiting.expires_in, waiting.interval], [600, 5])
assert.ok(waiting.verification_uri_complete.endsWith(waiting.user_code))

const fetchToken = async () =>
  oauth.processDeviceCodeResponse(
    server,
    client,
    await oauth.deviceCodeGrantRequest(server, client, oauth.None(), waiting.device_code, insecure),
  )

await assert.rejects(fetchToken(), { error: 'authorization_pending' })
console.log(waiting.user_code)
const lines = createInterface({ input: process.stdin })
await lines[Symbol.asyncIterator]().next()
lines.close()
const issued = await fetchToken()
assert.deepEqual([issued.token_type, issued.scope], ['bearer', 'members:read projects:read'])
const me = await oauth.protectedResourceRequest(
  issued.access_token,
  'GET',
  new URL('/api/v1/me', issuer),
  undefined,
  undefined,
  insecure,
)
assert.equal((await me.json()).principal, 'user')
await assert.rejects(fetchToken(), { error: 'invalid_grant' })
console.log('ok')
