import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { ConfigProvider } from 'antd'
import { useMemo } from 'react'
import { queries } from './api/queries'
import { router } from './router'
import { antdTheme, dark } from './style/theme'
import { useBook } from './words'

const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce

/** App gives the page its language, its theme and its answers; another language starts the tree anew. */
export function App() {
  const book = useBook()
  const isDark = dark.use()
  const theme = useMemo(() => antdTheme(isDark), [isDark])
  if (!book) return null
  return (
    <ConfigProvider key={book.lang} locale={book.antd} theme={theme} csp={{ nonce }} button={{ autoInsertSpace: false }} wave={{ disabled: true }}>
      <QueryClientProvider client={queries}><RouterProvider router={router} /></QueryClientProvider>
    </ConfigProvider>
  )
}
