// The code under test of the pages "Coming from": an API that checks tokens, and a client that refreshes them.
import { createRemoteJWKSet, jwtVerify } from 'jose'

/** Returns the user of an access token, and refuses a token that it cannot verify. */
export async function userOf(token, { issuer, jwksUrl }) {
  const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(jwksUrl)), { issuer })
  return payload.sub
}

/** Refreshes a token. After `invalid_grant` the user has to log in again. */
export async function refresh(tokenUrl, refreshToken) {
  const answer = await fetch(tokenUrl, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('client-default:client-default-secret')}` },
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken })
  })
  if (answer.status >= 500) throw new Error(`the token endpoint answers ${answer.status}`)
  const body = await answer.json()
  return body.error === 'invalid_grant' ? 'log in again' : body.access_token
}
