import { IconProvider } from '@ant-design/icons'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { queries } from './api/queries'
import { router } from './router'
import { useBook } from './words'

const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce

/** icons carry one style of their own, which the content security policy lets through by its nonce. */
const icons = { csp: { nonce } }

/** App gives the page its language and its answers; another language starts the tree anew. */
export function App() {
  const book = useBook()
  if (!book) return null
  return <IconProvider key={book.lang} value={icons}><QueryClientProvider client={queries}><RouterProvider router={router} /></QueryClientProvider></IconProvider>
}
