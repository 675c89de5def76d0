// A second file, so that two workers run.
test('another file has providers, too', async () => {
  await provider.failNext(1, undefined, { on: 'jwks' })
  expect((await fetch(provider.jwksUrl)).status).toBe(503)
  await provider.verify({ endpoint: 'jwks', status: 503 }, { exactly: 1 })
})
