import type { components } from './schema.js'

type Problem = components['schemas']['Problem']

/**
 * A refusal of the control plane: the members of its problem document (RFC 9457).
 *
 * `verify` and `waitFor` throw it with the code `not_verified` or `wait_ended`, and the message lists what arrived.
 */
export class MimicError extends Error {
  override readonly name = 'MimicError'

  constructor(
    /** The HTTP status. */
    readonly status: number,
    /** What kind of refusal it is, such as `invalid_body`. */
    readonly code: Problem['code'] | undefined,
    /** What is wrong, for a person. */
    readonly detail: string,
    /** The JSON Pointer of the member that is wrong, if it is a member of the body. */
    readonly pointer: string | undefined
  ) {
    super(pointer === undefined ? detail : `${detail} (at ${pointer || 'the whole body'})`)
  }
}
