// Not a test of its own: `packages/node/check` runs it, and reads what it prints.
test('fails on purpose', async () => {
  const answer = await fetch(provider.tokenUrl, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: 'unknown',
      client_id: 'client-default',
      client_secret: 'client-default-secret'
    })
  })
  expect(answer.status).toBe(200)
})
