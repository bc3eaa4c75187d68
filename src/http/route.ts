/** An address that the server answers besides its own. The guard has let the request through. */
export interface Route {
  /** As `/live`; `*` at its end takes whatever follows. */
  readonly path: string
  /** Answered without the token too: it tells nothing of the gateway. */
  readonly open?: true
  /** A body that is a stream is sent as the reader takes it, and cancelled when the reader goes away. */
  answer(request: Request): Response | Promise<Response>
}
