import { theme, type ThemeConfig } from 'antd'
import { kept, store } from '../api/store'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

/** wanted is what the person chose; system follows the machine. */
export const wanted = kept<Theme>('kexin.theme', THEMES, 'system')

const darkQuery = matchMedia('(prefers-color-scheme: dark)')
const stillQuery = matchMedia('(prefers-reduced-motion: reduce)')

/** dark is what is shown. */
export const dark = store(false)

/** paint puts the chosen theme on the page. */
export function paint() {
  const d = wanted.get() === 'dark' || (wanted.get() === 'system' && darkQuery.matches)
  document.documentElement.dataset.theme = d ? 'dark' : 'light'
  dark.set(d)
}

darkQuery.addEventListener('change', paint)

/** antdTheme is the same tokens for Ant Design (ui.md 8, screens/workbench/NOTES.md). */
export function antdTheme(d: boolean): ThemeConfig {
  const pick = (light: string, night: string) => (d ? night : light)
  return {
    algorithm: d ? theme.darkAlgorithm : theme.defaultAlgorithm,
    token: {
      colorPrimary: pick('#0f766e', '#2dd4bf'), colorLink: pick('#0f766e', '#5eead4'), colorInfo: pick('#0f766e', '#2dd4bf'),
      colorSuccess: pick('#15803d', '#4ade80'), colorWarning: pick('#b45309', '#fbbf24'), colorError: pick('#b91c1c', '#f87171'),
      colorBgLayout: pick('#f6f7f8', '#111417'), colorBgContainer: pick('#fff', '#16191c'), colorBgElevated: pick('#fff', '#1d2125'),
      colorBorder: pick('#8a929b', '#6b7480'), colorBorderSecondary: pick('#e8eaed', '#272c31'), colorSplit: pick('#e8eaed', '#272c31'),
      colorText: pick('#14181c', '#e8eaed'), colorTextSecondary: pick('#4b5563', '#a7b0b9'), colorTextTertiary: pick('#626b76', '#8b949e'),
      colorTextDescription: pick('#4b5563', '#a7b0b9'), colorTextPlaceholder: pick('#626b76', '#8b949e'), colorTextQuaternary: pick('#626b76', '#8b949e'),
      fontFamily: 'var(--font)', fontSize: 14, lineHeight: 22 / 14, borderRadius: 6, borderRadiusSM: 6, borderRadiusLG: 8,
      controlHeight: 32, controlHeightSM: 28, controlHeightLG: 44, motion: !stillQuery.matches,
    },
    components: {
      Button: {
        primaryColor: pick('#fff', '#06231f'), primaryShadow: 'none', defaultShadow: 'none', dangerShadow: 'none', defaultBorderColor: pick('#cfd4da', '#3c434b'),
        contentFontSizeSM: 13, paddingInlineSM: 10,
      },
      Input: { activeShadow: 'none' },
      Select: { optionSelectedBg: pick('#e3f1ef', '#12312e'), optionSelectedColor: pick('#0f766e', '#5eead4') },
      Segmented: { itemSelectedBg: pick('#fff', '#2a3036'), trackBg: pick('#eceff1', '#111417') },
    },
  }
}
