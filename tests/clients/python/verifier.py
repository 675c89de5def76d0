"""PyJWT with its PyJWKClient, as a client or a resource server sets it up."""

import jwt

REQUIRED_OF_ID_TOKENS = ["iss", "sub", "aud", "exp", "iat"]
REQUIRED_OF_ACCESS_TOKENS = ["iss", "sub", "aud", "exp", "iat", "jti", "client_id"]


def claims_unverified(token):
    return jwt.decode(token, options={"verify_signature": False})


def signing_key(jwks, token):
    """PyJWKClient finds a key by its kid alone; a token without one gets the only key there is."""
    if "kid" in jwt.get_unverified_header(token):
        return jwks.get_signing_key_from_jwt(token)
    [key] = jwks.get_signing_keys()
    return key


def verified(sandbox, token, audience, required, jwks=None):
    jwks = jwks or jwt.PyJWKClient(sandbox.jwks_url, timeout=5)
    return jwt.decode(
        token,
        signing_key(jwks, token),
        algorithms=["RS256"],
        issuer=sandbox.issuer,
        audience=audience,
        options={"require": required},
    )


def id_token_claims(sandbox, token, client_id="client-default"):
    return verified(sandbox, token, client_id, REQUIRED_OF_ID_TOKENS)


def access_token_claims(sandbox, token):
    """Of the default profile, whose access tokens name no audience."""
    return verified(sandbox, token, None, ["iss", "sub", "exp", "iat"])


def rfc9068_claims(sandbox, token, jwks=None):
    """Of the profile `standard`."""
    return verified(
        sandbox, token, "https://api.example", REQUIRED_OF_ACCESS_TOKENS, jwks
    )
