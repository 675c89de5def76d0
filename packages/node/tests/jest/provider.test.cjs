// CommonJS, as most tests of Jest are.
const basic = `Basic ${btoa('client-default:client-default-secret')}`
const refresh = () =>
  fetch(provider.tokenUrl, {
    method: 'POST',
    headers: { authorization: basic },
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'REFRESH_TOKEN' })
  })
const labels = async () =>
  (await (await fetch(`${mimic.url}/_mimic/sandboxes`)).json()).sandboxes.map(({ label }) => label)

let earlier
beforeEach(async () => {
  // A hook has the provider of its test.
  await provider.advance(60)
})

describe('a block', () => {
  test('each test has a provider with its name as the label', async () => {
    earlier = provider
    expect((await refresh()).status).toBe(200)
    await provider.verify({ endpoint: 'token' }, { exactly: 1 })
    expect(await labels()).toContain('a block > each test has a provider with its name as the label')
  })

  test('it is another one in the next test, and the first is removed', async () => {
    expect(provider.id).not.toBe(earlier.id)
    expect(await provider.requests()).toEqual([])
    expect((await fetch(earlier.jwksUrl)).status).toBe(404)
  })
})

test('a refusal fails the test with the text of the server', async () => {
  await expect(provider.verify({ endpoint: 'jwks' }, { exactly: 1 })).rejects.toThrow('expected exactly 1 requests')
})

test('the server is the one of the global set-up, if there is one', () => {
  expect(process.env.OAUTH_MIMIC_URL).toBe(globalThis.isGlobal ? mimic.url : undefined)
})
