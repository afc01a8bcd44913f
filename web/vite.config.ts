import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

// What the workbench says itself. The catalogue also holds the server's
// sentences; leaving them out keeps the bundle small and its bytes the same
// when only the server's words change.
const SAID_HERE = /^(web|channel|position|purpose|size|outcome|state|grade|credit|choice\.visit_way)\./

/** words cuts ../i18n/*.json down to the keys of SAID_HERE. */
const words = (): Plugin => ({
  name: 'kexin-words',
  enforce: 'pre',
  transform(code, id) {
    if (!/\/i18n\/(zh-CN|en)\.json$/.test(id)) return null
    const all = JSON.parse(code) as Record<string, string>
    const kept = Object.entries(all).filter(([key]) => SAID_HERE.test(key))
    return { code: JSON.stringify(Object.fromEntries(kept)), map: null }
  },
})

export default defineConfig({
  plugins: [words(), react()],
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    target: 'es2022',
    reportCompressedSize: false,
    chunkSizeWarningLimit: 900,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/api': process.env.KEXIN_API ?? 'http://127.0.0.1:8080' } },
})
