/** An address that the server answers besides its own. The guard has let the request through. */
export interface Route {
  /** As `/live`; `*` at its end takes whatever follows. */
  readonly path: string
  /** A body that is a stream is sent as the reader takes it, and cancelled when the reader goes away. */
  answer(request: Request): Response | Promise<Response>
}
