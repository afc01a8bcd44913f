import { CheckOutlined, CopyOutlined } from '@ant-design/icons'
import { useState } from 'react'
import { t } from '../words'
import { toClipboard } from './clipboard'

/** Copy puts a text on the clipboard and says so, or says that it must be done by hand. */
export function Copy({ text, label }: { text: string; label?: string }) {
  const [done, setDone] = useState<boolean>()
  const copy = async () => {
    setDone(await toClipboard(text))
    setTimeout(() => setDone(undefined), 3000)
  }
  const word = done === undefined ? (label ?? t('web.act.copy')) : t(done ? 'web.act.copied' : 'web.act.copy_by_hand')
  return (
    <button type="button" className="linky" onClick={() => void copy()}>
      {done ? <CheckOutlined aria-hidden /> : <CopyOutlined aria-hidden />} <span aria-live="polite">{word}</span>
    </button>
  )
}
