/**
 * toClipboard puts a text on the clipboard and says whether it lies there:
 * browsers have none without HTTPS, and some only while a finger is down.
 */
export async function toClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return byHand(text)
  }
}

/** byHand copies as programs did before there was a clipboard to write to. */
function byHand(text: string): boolean {
  const box = document.createElement('textarea'), before = document.activeElement
  box.value = text
  box.className = 'sr'
  ;(document.querySelector('dialog[open]') ?? document.body).append(box)
  box.select()
  const done = document.execCommand('copy')
  box.remove()
  if (before instanceof HTMLElement) before.focus()
  return done
}
