/** drafts is what was typed into a form that was left by the way, by the form's name; it lives as long as the page. */
export const drafts = new Map<string, unknown>()

/** written are the fields of forms in which somebody typed or chose something. */
const written = new Set<HTMLInputElement>()

addEventListener('input', e => {
  const field = e.target as HTMLInputElement
  if (field.closest('form:not([role=search]), .form')) written.add(field)
}, true)

/** unsaved tells whether something that was typed is kept, or still stands on the page. */
export function unsaved(): boolean {
  for (const f of written) if (!f.isConnected) written.delete(f)
  return drafts.size > 0 || [...written].some(f => (/^(radio|checkbox)$/.test(f.type) ? f.checked : f.value.trim() !== ''))
}
