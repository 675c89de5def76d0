import { MimicError } from './error.js'

/** Sends requests to a control plane: the one of the server, or of a sandbox. */
export class Control {
  constructor(private readonly url: string) {}

  /** Returns the JSON of the answer, or `undefined` if it has none. */
  async send(method: string, path: string, body?: unknown): Promise<any> {
    const headers: Record<string, string> = {}
    const token = process.env.OAUTH_MIMIC_CONTROL_TOKEN
    if (token) headers.authorization = `Bearer ${token}`
    const init: RequestInit = { method, headers }
    if (body !== undefined) {
      headers['content-type'] = 'application/json'
      init.body = JSON.stringify(body)
    }
    const url = this.url + path
    let answer: Response
    try {
      answer = await fetch(url, init)
    } catch (cause) {
      throw new Error(`${method} ${url}: no answer. Does the server still run?`, { cause })
    }
    const text = await answer.text()
    if (answer.ok) return text === '' ? undefined : JSON.parse(text)
    throw refusal(answer.status, text)
  }
}

function refusal(status: number, text: string): MimicError {
  try {
    const problem = JSON.parse(text)
    return new MimicError(status, problem.code, problem.detail ?? problem.title, problem.pointer)
  } catch {
    return new MimicError(status, undefined, `the answer is not a problem document: ${text.slice(0, 200)}`, undefined)
  }
}

/** Writes the members that have a value as a query, with its question mark. */
export function query(members: object): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(members)) {
    if (value !== undefined && value !== null) query.set(name, String(value))
  }
  return query.size === 0 ? '' : `?${query}`
}
