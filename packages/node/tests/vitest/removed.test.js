import { test } from 'oauth-mimic/vitest'
import { describe, expect } from 'vitest'

describe.sequential('in order', () => {
  let kept
  test('a test has a provider', async ({ provider }) => {
    kept = provider
    expect((await fetch(provider.jwksUrl)).status).toBe(200)
  })
  test('it is removed after the test', async () => {
    expect((await fetch(kept.jwksUrl)).status).toBe(404)
  })
})
