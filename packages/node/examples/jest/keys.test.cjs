test('the keys are fetched once', async () => {
  await fetch(provider.jwksUrl)
  await provider.verify({ endpoint: 'jwks' }, { exactly: 1 })
})
