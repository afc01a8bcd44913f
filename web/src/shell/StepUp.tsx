import { Button } from '../parts/Button'
import { useEffect, useState } from 'react'
import * as calls from '../api/calls'
import { stepUp } from '../api/client'
import { useMe } from '../api/person'
import { afterMe } from '../api/queries'
import { store } from '../api/store'
import { saidOf } from '../parts/Fault'
import { Sheet } from '../parts/Sheet'
import { Line } from '../parts/Typing'
import { t } from '../words'

const waiting = store<((shown: boolean) => void) | undefined>(undefined)

stepUp.ask = () => new Promise<boolean>(resolve => {
  waiting.get()?.(false)
  waiting.set(() => resolve)
})

function answer(shown: boolean) {
  waiting.get()?.(shown)
  waiting.set(undefined)
}

/** StepUp asks for the six digits again before something that cannot be taken back. */
export function StepUp() {
  const open = waiting.use() !== undefined
  const me = useMe()
  return (
    <Sheet open={open} onClose={() => answer(false)} title={t('web.step.title')} width={400}>
      {me.totp ? <Code /> : (
        <div className="col gap16">
          <p>{t('web.step.none')}</p>
          <a className="ant-like primary" href={`/totp?next=${encodeURIComponent(location.pathname)}`}>{t('web.step.setup')}</a>
        </div>
      )}
    </Sheet>
  )
}

function Code() {
  const [code, setCode] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState('')
  const clean = code.replace(/[\s-]/g, '')
  const send = async () => {
    setBusy(true)
    setError('')
    try {
      await calls.stepUp(clean)
      afterMe()
      answer(true)
    } catch (e) {
      setError(saidOf(e))
      setCode('')
    } finally { setBusy(false) }
  }
  useEffect(() => { if (/^\d{6}$/.test(clean)) void send() }, [clean])
  return (
    <form className="col gap12" onSubmit={e => { e.preventDefault(); void send() }}>
      <label htmlFor="step-code">{t('web.step.code')}</label>
      <Line id="step-code" className="big" autoFocus autoComplete="one-time-code" inputMode="numeric" maxLength={24} value={code} onChange={e => setCode(e.target.value)} aria-invalid={error !== ''} aria-describedby="step-note" readOnly={busy} />
      <p id="step-note" className={error ? 'no f13' : 't3 f13'} role={error ? 'alert' : undefined}>{error || t('web.step.note')}</p>
      <Button type="primary" htmlType="submit" loading={busy} disabled={clean.length < 6}>{t('web.step.go')}</Button>
    </form>
  )
}
