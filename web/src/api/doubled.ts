let refused = -Infinity

/** sawRefusal notes that a request was refused or got no answer: who presses now tries again. */
export const sawRefusal = () => { refused = performance.now() }

/** doubled tells whether a press is the second of a double click, which counts half a second at the most. The first after a refusal is not. */
export function doubled(e: { detail: number }) {
  if (e.detail > 1 && performance.now() - refused > 500) return true
  refused = -Infinity
  return false
}
