// openid-client, which knows nothing of us but the issuer's address, does all that an app does. Reads from standard
// input what it was given by hand: `issuer`, and for each kind of token a `client_id`, a `client_secret`, and a `kid` with
// its `key` (PKCS #8, base64). Ends with an error at the first thing that is not as the RFCs say.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import * as client from 'openid-client'
import * as oauth from 'oauth4webapi'

const given = JSON.parse(readFileSync(0, 'utf8'))
const issuer = new URL(given.issuer)
const insecure = { [oauth.allowInsecureRequests]: true }
const me = new URL('/api/v1/me', issuer)

/** Discovers the issuer (RFC 8414), as a client that proves itself this way. */
const discover = (app, method) =>
  client.discovery(issuer, app.client_id, undefined, method, {
    algorithm: 'oauth2',
    execute: [client.allowInsecureRequests],
  })

/** The error that `work` ends with. */
const failure = async (work) => {
  try {
    await work
  } catch (error) {
    return error
  }
  assert.fail('it should have failed')
}

// Without a token the API says where to learn how to get one (RFC 9728).
const bare = await fetch(me)
assert.equal(bare.status, 401)
const metadata = /resource_metadata="([^"]+)"/.exec(bare.headers.get('www-authenticate'))[1]
assert.equal(metadata, `${given.issuer}/.well-known/oauth-protected-resource`)
const resource = await oauth.processResourceDiscoveryResponse(
  issuer,
  await oauth.resourceDiscoveryRequest(issuer, insecure),
)
assert.deepEqual(resource.authorization_servers, [given.issuer])

for (const [format, app] of Object.entries(given.apps)) {
  const pair = { name: 'ECDSA', namedCurve: 'P-256' }
  const key = await crypto.subtle.importKey('pkcs8', Buffer.from(app.key, 'base64'), pair, false, ['sign'])
  const methods = {
    basic: client.ClientSecretBasic(app.client_secret),
    post: client.ClientSecretPost(app.client_secret),
    private_key_jwt: client.PrivateKeyJwt({ key, kid: app.kid }),
  }
  for (const [name, method] of Object.entries(methods)) {
    const config = await discover(app, method)
    const server = config.serverMetadata()
    const tokens = await client.clientCredentialsGrant(config, { scope: 'projects:read members:read' })
    assert.equal(tokens.token_type, 'bearer')
    assert.equal(tokens.expires_in, 3600)
    assert.deepEqual(tokens.scope.split(' ').sort(), ['members:read', 'projects:read'])
    const token = tokens.access_token
    const answer = await client.fetchProtectedResource(config, token, me, 'GET')
    assert.equal((await answer.json()).client_id, app.client_id)

    const active = await client.tokenIntrospection(config, token)
    assert.equal(active.active, true)
    assert.equal(active.client_id, app.client_id)
    assert.equal(active.iss, given.issuer)
    assert.equal((await client.tokenIntrospection(config, 'nonsense')).active, false)

    if (format === 'jwt') {
      const headers = { authorization: `Bearer ${token}` }
      const claims = await oauth.validateJwtAccessToken(server, new Request(me, { headers }), given.issuer, insecure)
      assert.equal(claims.client_id, app.client_id)
      assert.deepEqual(claims.scope.split(' ').sort(), ['members:read', 'projects:read'])
      const refused = await failure(client.tokenRevocation(config, token))
      assert.equal(refused.error, 'unsupported_token_type')
    } else {
      await client.tokenRevocation(config, token)
      assert.deepEqual(await client.tokenIntrospection(config, token), { active: false })
      const refused = await failure(client.fetchProtectedResource(config, token, me, 'GET'))
      const challenge = refused.cause[0]
      assert.equal(challenge.scheme, 'bearer')
      assert.equal(challenge.parameters.error, 'invalid_token')
      assert.equal(challenge.parameters.resource_metadata, metadata)
      await client.tokenRevocation(config, 'nonsense')
    }

    const wide = await failure(client.clientCredentialsGrant(config, { scope: 'members:delete' }))
    assert.equal(wide.error, 'invalid_scope')
    const other = await failure(client.genericGrantRequest(config, 'password', { username: 'x', password: 'x' }))
    assert.equal(other.error, 'unsupported_grant_type')
    console.log(`${format} ${name}: ok`)
  }
  const wrong = await discover(app, client.ClientSecretPost('fhs_wrong'))
  const refused = await failure(client.clientCredentialsGrant(wrong))
  assert.equal(refused.cause[0].scheme, 'basic')
  assert.equal(refused.cause[0].parameters.realm, 'freehold')
}
