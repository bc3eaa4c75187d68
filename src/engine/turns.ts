/** Finite sources take turns in the order of the configuration, so that results do not depend on who reads faster. */
export class Turns<Member> {
  readonly #members: Member[]
  #next = 0
  #waiting = new Map<Member, () => void>()

  constructor(members: Iterable<Member>) {
    this.#members = [...members]
  }

  /** Resolves when it is this member's turn. */
  take(member: Member): Promise<void> {
    if (this.#members.length === 0 || this.#members[this.#next] === member) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.set(member, resolve))
  }

  /** Ends a member's turn. */
  pass(member: Member): void {
    if (this.#members[this.#next] !== member) return
    this.#next = (this.#next + 1) % this.#members.length
    this.#wake()
  }

  /** A member that has ended no longer gets turns. */
  leave(member: Member): void {
    const index = this.#members.indexOf(member)
    if (index < 0) return
    this.#members.splice(index, 1)
    if (index < this.#next) this.#next--
    if (this.#next >= this.#members.length) this.#next = 0
    this.#wake()
  }

  /** Ends all waiting: from now on everybody goes at once. */
  release(): void {
    this.#members.length = 0
    for (const resolve of this.#waiting.values()) resolve()
    this.#waiting.clear()
  }

  #wake(): void {
    const member = this.#members[this.#next]
    const resolve = this.#waiting.get(member)
    this.#waiting.delete(member)
    resolve?.()
  }
}
