import { CheckOutlined, CopyOutlined } from '@ant-design/icons'
import { useState } from 'react'
import { t } from '../words'

/** Copy puts a text on the clipboard and says so. */
export function Copy({ text, label }: { text: string; label?: string }) {
  const [done, setDone] = useState(false)
  const copy = () => {
    void navigator.clipboard?.writeText(text).then(() => {
      setDone(true)
      setTimeout(() => setDone(false), 2000)
    })
  }
  return (
    <button type="button" className="linky" onClick={copy}>
      {done ? <CheckOutlined aria-hidden /> : <CopyOutlined aria-hidden />} <span aria-live="polite">{done ? t('web.act.copied') : (label ?? t('web.act.copy'))}</span>
    </button>
  )
}
