import type {} from 'oauth-mimic/jest'

test('a test', async () => {
  expect(provider.issuer).toContain(mimic.url)
  // @ts-expect-error: there is no such verb.
  provider.explode()
})
