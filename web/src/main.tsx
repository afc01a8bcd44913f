import { createRoot } from 'react-dom/client'
import { App } from './App'
import { lang } from './api/client'
import { early } from './api/queries'
import './style/base.css'
import './style/parts.css'
import './style/shell.css'
import { paint } from './style/theme'
import { open } from './words'

paint()
early(location.pathname)
await open(lang.get())
const root = document.getElementById('root')
if (root) createRoot(root).render(<App />)
