import { Control, query } from './control.js'
import type { components } from './schema.js'

type Schemas = components['schemas']

/** A registered client (RFC 7591 §2). */
export type Client = Schemas['Client']
/** A resource owner: whom tokens are about. */
export type User = Schemas['User']
/** A refresh token with a chosen name. */
export type NamedRefreshToken = Schemas['NamedRefreshToken']
/** What goes wrong. */
export type Fault = Schemas['Fault']
/** Which requests go wrong, how often, and how. */
export type Rule = Schemas['Rule']
/** A rule that was added, with its `id`. */
export type ActiveRule = Schemas['ActiveRule']
/** Settings and fault rules that are applied together. */
export type Scenario = Schemas['Scenario']
/** Which tokens to mint. */
export type MintOrder = Schemas['MintOrder']
/** A key of the provider. */
export type Key = Schemas['Key']
/** What the next login does instead of showing a page. */
export type Login = Schemas['Login']
/** One request and its answer, as the journal keeps it. */
export type Exchange = Schemas['Exchange']
/** Selects requests of the journal; a member that is left out selects all. */
export type Filter = Schemas['Filter']
/** What is expected of the requests that a filter selects. */
export type Expectation = Omit<Schemas['Expectation'], 'filter'>
/** What a sandbox is to be; what is left out is as in the server's initial state. */
export type SandboxOptions = Schemas['NewSandbox']
/** The answer of the token endpoint; the profile decides its members. */
export type TokenResponse = { access_token: string; [member: string]: unknown }

/** The options of {@link Provider.failNext}. */
export type FailOptions = Partial<Omit<Rule, 'fault' | 'times'>>

/** What a redirect URI gets: a code and more, or an error (RFC 6749 §4.1.2). */
export interface AuthorizationResponse {
  /** The URL that the browser is sent to. */
  url: string
  /** The authorization code; absent if the response is an error, or has tokens only. */
  code: string | undefined
  /** The error code, such as `access_denied`; absent if there is none. */
  error: string | undefined
  /** All parameters, those of the fragment included. */
  params: URLSearchParams
}

/**
 * A sandbox of a {@link TokenServer}: an issuer with its own clients, users, keys, clock, faults and journal.
 *
 * The methods throw a {@link MimicError} if the control plane refuses the request.
 */
export class Provider implements AsyncDisposable {
  /** The id of the sandbox. */
  readonly id: string
  /** The name for people, such as the name of a test. */
  readonly label: string | undefined
  /** The issuer identifier: the claim `iss` of its tokens. */
  readonly issuer: string
  /** The address of the sandbox. */
  readonly baseUrl: string
  readonly tokenUrl: string
  readonly authorizationUrl: string
  readonly jwksUrl: string
  readonly metadataUrl: string
  readonly userinfoUrl: string
  readonly introspectionUrl: string
  readonly revocationUrl: string
  /** Absent if the profile has no logout. */
  readonly endSessionUrl: string | undefined
  /** The address of its control plane. */
  readonly controlUrl: string
  /** The address of its console, for a browser. */
  readonly consoleUrl: string
  readonly #control: Control
  readonly #server: Control
  readonly #logsIn: boolean

  /** @internal */
  constructor(state: Schemas['SandboxState'], server: Control, logsIn: boolean) {
    const { endpoints } = state
    this.id = state.id
    this.label = state.label ?? undefined
    this.issuer = state.issuer
    this.baseUrl = state.base_url
    this.tokenUrl = endpoints.token
    this.authorizationUrl = endpoints.authorization
    this.jwksUrl = endpoints.jwks
    this.metadataUrl = endpoints.metadata
    this.userinfoUrl = endpoints.userinfo
    this.introspectionUrl = endpoints.introspection
    this.revocationUrl = endpoints.revocation
    this.endSessionUrl = endpoints.end_session ?? undefined
    this.controlUrl = endpoints.control ?? `${state.base_url}/_mimic`
    this.consoleUrl = `${this.controlUrl}/`
    this.#control = new Control(this.controlUrl)
    this.#server = server
    this.#logsIn = logsIn
  }

  /** Returns the registered clients. */
  async clients(): Promise<Client[]> {
    return (await this.#control.send('GET', '/clients')).clients
  }

  /** Adds a client, or replaces the one of that `client_id`. */
  putClient(client: Client): Promise<Client> {
    return this.#control.send('PUT', `/clients/${encodeURIComponent(client.client_id)}`, client)
  }

  /** Removes a client. */
  async removeClient(clientId: string): Promise<void> {
    await this.#control.send('DELETE', `/clients/${encodeURIComponent(clientId)}`)
  }

  /** Returns the users. */
  async users(): Promise<User[]> {
    return (await this.#control.send('GET', '/users')).users
  }

  /** Adds a user, or replaces the one of that `sub`. */
  putUser(user: User): Promise<User> {
    return this.#control.send('PUT', `/users/${encodeURIComponent(user.sub)}`, user)
  }

  /** Removes a user. */
  async removeUser(sub: string): Promise<void> {
    await this.#control.send('DELETE', `/users/${encodeURIComponent(sub)}`)
  }

  /** Adds a named refresh token, or replaces the one of that client and name. */
  putRefreshToken(token: NamedRefreshToken): Promise<NamedRefreshToken> {
    const client = encodeURIComponent(token.client_id)
    return this.#control.send('PUT', `/clients/${client}/refresh-tokens/${encodeURIComponent(token.token)}`, token)
  }

  /** Returns the time of the provider's clock. */
  async now(): Promise<Date> {
    return new Date((await this.#control.send('GET', '/clock')).now)
  }

  /** Moves the clock by seconds, back if they are negative, and returns the new time. */
  async advance(seconds: number): Promise<Date> {
    return new Date((await this.#control.send('POST', '/clock/advance', { seconds })).now)
  }

  /** Stops the clock at an instant, by default at its present time, and returns that. */
  async freeze(at?: Date | string): Promise<Date> {
    const instant = at ?? (await this.now())
    const now = typeof instant === 'string' ? instant : instant.toISOString()
    return new Date((await this.#control.send('PUT', '/clock', { now })).now)
  }

  /** Returns the clock to real time. */
  async release(): Promise<void> {
    await this.#control.send('DELETE', '/clock')
  }

  /**
   * Lets the next `count` requests fail.
   *
   * @param fault How they fail. Default: status 503.
   * @param options Which requests. Default: those at the token endpoint.
   */
  failNext(
    count = 1,
    fault: Fault = { kind: 'status', status: 503 },
    options: FailOptions = {}
  ): Promise<ActiveRule> {
    return this.addFault({ on: 'token', ...options, fault, times: count })
  }

  /** Adds a fault rule. */
  addFault(rule: Rule): Promise<ActiveRule> {
    return this.#control.send('POST', '/faults', rule)
  }

  /** Returns the fault rules. */
  async faults(): Promise<ActiveRule[]> {
    return (await this.#control.send('GET', '/faults')).faults
  }

  /** Removes a fault rule. */
  async removeFault(id: number): Promise<void> {
    await this.#control.send('DELETE', `/faults/${id}`)
  }

  /** Removes all fault rules. */
  async clearFaults(): Promise<void> {
    await this.#control.send('DELETE', '/faults')
  }

  /** Plays a built-in scenario by its name, such as `flaky-gateway`, or one of your own, and returns the rules that it added. */
  async play(scenario: string | Scenario): Promise<ActiveRule[]> {
    const played =
      typeof scenario === 'string'
        ? await this.#control.send('POST', `/scenarios/${encodeURIComponent(scenario)}`)
        : await this.#control.send('POST', '/scenarios', scenario)
    return played.faults
  }

  /** Mints one token of the `kind`, with a `defect` if the order has one. */
  mint(order: MintOrder & { kind: 'access_token' | 'refresh_token' | 'id_token' }): Promise<string>
  /** Mints the answer of the token endpoint. */
  mint(order?: MintOrder & { kind?: 'response' }): Promise<TokenResponse>
  async mint(order: MintOrder = {}): Promise<string | TokenResponse> {
    const minted = await this.#control.send('POST', '/tokens', order)
    return (order.kind ?? 'response') === 'response' ? minted : minted.token
  }

  /**
   * Signs with a new key, and returns the keys. The previous one stays published, by default until it is deleted.
   *
   * @param options `retire_after`: the seconds for which it stays published.
   */
  async rotateKeys(options: Schemas['Rotate'] = {}): Promise<Key[]> {
    return (await this.#control.send('POST', '/keys/rotate', options)).keys
  }

  /** Scripts the next login, which then shows no page. By default the first user logs in. */
  nextLogin(login: Login = {}): Promise<Login> {
    return this.#control.send('POST', '/logins', login)
  }

  /**
   * Sends an authorization request as a browser without cookies, and returns what the redirect URI gets. If no login is scripted,
   * the first user logs in.
   *
   * @throws An error with the reason, if the provider answers with a page.
   */
  async authorize(url: string | URL): Promise<AuthorizationResponse> {
    if (!String(url).startsWith(this.authorizationUrl)) {
      throw new Error(`${url} is not at the authorization endpoint of this provider, ${this.authorizationUrl}`)
    }
    const isAdded = !this.#logsIn && (await this.#control.send('GET', '/logins')).logins.length === 0
    if (isAdded) await this.nextLogin()
    let answer: Response
    try {
      answer = await fetch(url, { redirect: 'manual' })
    } finally {
      // A request that is refused uses no login up.
      if (isAdded) await this.#control.send('DELETE', '/logins')
    }
    await answer.body?.cancel()
    const location = answer.headers.get('location')
    if (location === null) {
      const last = (await this.requests({ endpoint: 'authorization' })).at(-1)
      throw new Error(
        `the provider answers with a page, status ${answer.status}` + (last?.reason ? `: ${last.reason}` : '')
      )
    }
    const { hash, searchParams } = new URL(location)
    const params = hash === '' ? searchParams : new URLSearchParams(hash.slice(1))
    return {
      url: location,
      code: params.get('code') ?? undefined,
      error: params.get('error') ?? undefined,
      params
    }
  }

  /** Returns the requests of the journal, oldest first. */
  async requests(filter: Filter = {}): Promise<Exchange[]> {
    return (await this.#control.send('GET', `/requests${query(filter)}`)).requests
  }

  /** Empties the journal. */
  async clearRequests(): Promise<void> {
    await this.#control.send('DELETE', '/requests')
  }

  /**
   * Compares the journal with an expectation, such as `{ exactly: 1 }`.
   *
   * @throws {@link MimicError} with the server's text, which lists what arrived instead, if it differs.
   */
  async verify(filter: Filter, expectation: Expectation = {}): Promise<void> {
    await this.#control.send('POST', '/verify', { ...expectation, filter })
  }

  /**
   * Waits until at least `count` requests match, and returns them.
   *
   * @param timeout Seconds of real time to wait at most, up to 300.
   * @throws {@link MimicError} with the server's text, if they do not arrive in time.
   */
  async waitFor(filter: Filter, count = 1, timeout = 5): Promise<Exchange[]> {
    return (await this.#control.send('GET', `/requests/wait${query({ ...filter, count, timeout })}`)).requests
  }

  /** Resets clients, users, tokens, keys, clock, faults and journal to their initial state. */
  async reset(): Promise<void> {
    await this.#control.send('POST', '/reset')
  }

  /** Returns the journal as text, and the address of the console: what a person needs after a test has failed. */
  async report(): Promise<string> {
    const lines = (await this.requests()).map(line)
    const about = this.label === undefined ? '' : ` (${this.label})`
    return [
      `oauth-mimic: ${lines.length} requests arrived at ${this.baseUrl}${about}`,
      ...lines.map((line) => `  ${line}`),
      process.env.OAUTH_MIMIC_KEEP === '1'
        ? `console: ${this.consoleUrl}`
        : `console: ${this.consoleUrl} (with OAUTH_MIMIC_KEEP=1 and OAUTH_MIMIC_URL it stays after the test)`
    ].join('\n')
  }

  /** Removes the sandbox, except with `OAUTH_MIMIC_KEEP=1`. */
  async close(): Promise<void> {
    if (process.env.OAUTH_MIMIC_KEEP !== '1') await this.#server.send('DELETE', `/sandboxes/${this.id}`)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** One request of the journal as a line, with the reason of a refusal and the advice on lines of their own. */
function line(exchange: Exchange): string {
  const words = [`#${exchange.number}`, exchange.method, exchange.endpoint]
  if (exchange.client_id) words.push('client', exchange.client_id)
  if (exchange.grant_type) words.push('grant', exchange.grant_type)
  const answer = [exchange.status || 'no answer', exchange.outcome, exchange.error].filter(Boolean).join(' ')
  const lines = [`${words.join(' ')}: ${answer}`]
  if (exchange.refusal) lines.push(`${exchange.refusal}: ${exchange.reason ?? ''}`)
  if (exchange.faults?.length) lines.push(`faults: ${exchange.faults.join(', ')}`)
  for (const advice of exchange.advice ?? []) lines.push(`advice ${advice.code}: ${advice.text} (${advice.clause})`)
  return lines.join('\n    ')
}
