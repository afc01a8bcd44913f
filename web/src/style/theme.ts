import { kept, store } from '../api/store'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

/** wanted is what the person chose; system follows the machine. */
export const wanted = kept<Theme>('kexin.theme', THEMES, 'system')

const darkQuery = matchMedia('(prefers-color-scheme: dark)')

/** dark is what is shown. */
const dark = store(false)

/** paint puts the chosen theme on the page. */
export function paint() {
  const d = wanted.get() === 'dark' || (wanted.get() === 'system' && darkQuery.matches)
  document.documentElement.dataset.theme = d ? 'dark' : 'light'
  dark.set(d)
}

darkQuery.addEventListener('change', paint)
