"""Authlib, which knows nothing of us but the issuer's address, does all that an app does.

Reads from standard input what it was given by hand: `issuer`, and for each kind of token a `client_id`, a `client_secret`,
and a `kid` with its `key` (PKCS #8, base64). Ends with an error at the first thing that is not as the RFCs say.
"""

import json
import os
import sys
import time

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from joserfc.jwk import ECKey, KeySet

given = json.load(sys.stdin)
issuer = given["issuer"]
metadata = requests.get(f"{issuer}/.well-known/oauth-authorization-server", timeout=10).json()
server = AuthorizationServerMetadata(metadata)
for name in ["issuer", "token_endpoint", "jwks_uri", "scopes_supported", "response_types_supported",
             "grant_types_supported", "token_endpoint_auth_methods_supported",
             "token_endpoint_auth_signing_alg_values_supported", "revocation_endpoint",
             "revocation_endpoint_auth_methods_supported", "introspection_endpoint",
             "introspection_endpoint_auth_methods_supported"]:
    getattr(server, f"validate_{name}")()
assert metadata["issuer"] == issuer


class Validator(JWTBearerTokenValidator):
    """Checks signed tokens as another service would (RFC 9068 section 4)."""

    def get_jwks(self):
        return KeySet.import_key_set(requests.get(metadata["jwks_uri"], timeout=10).json())


validator = Validator(issuer=issuer, resource_server=issuer)


def session(app, method):
    """A client that proves itself this way."""
    secret = app["client_secret"]
    if method == "private_key_jwt":
        pem = f"-----BEGIN PRIVATE KEY-----\n{app['key']}\n-----END PRIVATE KEY-----\n"
        secret = ECKey.import_key(pem)
    made = OAuth2Session(
        app["client_id"],
        secret,
        scope="projects:read members:read",
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
    )
    return made


def proving(made, app, method):
    """The same, with a fresh assertion: each is taken once, and ends within five minutes."""
    if method == "private_key_jwt":
        claims = {"exp": int(time.time()) + 60}
        headers = {"kid": app["kid"]}
        proof = PrivateKeyJWT(metadata["token_endpoint"], claims=claims, headers=headers, alg="ES256")
        made.register_client_auth_method(proof)
    return made


for kind, app in given["apps"].items():
    for method in ["client_secret_basic", "client_secret_post", "private_key_jwt"]:
        made = session(app, method)
        token = proving(made, app, method).fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
        assert token["token_type"] == "Bearer" and token["expires_in"] == 3600, token
        assert sorted(token["scope"].split()) == ["members:read", "projects:read"], token
        me = made.get(f"{issuer}/api/v1/me").json()
        assert me["client_id"] == app["client_id"], me

        text = token["access_token"]
        seen = proving(made, app, method).introspect_token(metadata["introspection_endpoint"], token=text).json()
        assert seen["active"] is True and seen["client_id"] == app["client_id"], seen
        if kind == "jwt":
            claims = validator.authenticate_token(text)
            validator.validate_token(claims, ["projects:read"], None)
            assert claims["client_id"] == app["client_id"] and claims["tenant"] == seen["tenant"], claims
        revoked = proving(made, app, method).revoke_token(metadata["revocation_endpoint"], token=text)
        assert revoked.status_code == (400 if kind == "jwt" else 200), revoked.text
        seen = proving(made, app, method).introspect_token(metadata["introspection_endpoint"], token=text).json()
        assert seen == {"active": False} or kind == "jwt", seen

        try:
            wide = proving(made, app, method)
            wide.fetch_token(metadata["token_endpoint"], grant_type="client_credentials", scope="members:delete")
            raise AssertionError("a scope that is not held was granted")
        except OAuthError as error:
            assert error.error == "invalid_scope", error
        print(f"{kind} {method}: ok")
