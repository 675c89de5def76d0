// It need not run: it is enough that it compiles, and that what is wrong does not.
import type { components, operations } from './control'

type Rule = components['schemas']['Rule']
type Client = operations['addClient']['requestBody']['content']['application/json']

export const unavailable: Rule = {
  on: 'token',
  times: 1,
  fault: { kind: 'status', status: 503, headers: { 'Retry-After': '1' } }
}
export const expired: Rule = {
  on: 'token',
  fault: { kind: 'token', token: 'access_token', defect: { kind: 'expired' } }
}
export const client: Client = { client_id: 'shop' }

// @ts-expect-error: there is no such kind.
export const unknown: Rule = { on: 'token', fault: { kind: 'explode' } }
