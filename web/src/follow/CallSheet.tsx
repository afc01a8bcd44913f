import { Button } from '../parts/Button'
import { useEffect, useRef } from 'react'
import { useMe } from '../api/person'
import { left, useNow } from '../parts/clock'
import { Copy } from '../parts/Copy'
import { canDial } from '../parts/screen'
import { Sheet } from '../parts/Sheet'
import { WordOf } from '../share/Word'
import { t } from '../words'
import { sayPhone } from '../words/phone'
import { calling, following, type Calling } from './state'
import { wayOf } from './ways'

const links: Partial<Record<Calling['channel'], string>> = { call: 'tel:', sms: 'sms:', email: 'mailto:' }

/** CallSheet shows a number for as long as the server allows, then hides it and asks for the note. */
export function CallSheet() {
  const c = calling.use()
  return <Sheet open={c !== undefined} onClose={() => calling.set(undefined)} title={c ? t('web.contact.to', { way: t(`web.contact.${c.channel}`), name: c.name }) : ''} width={420}>{c && <Body c={c} />}</Sheet>
}

function note(c: Calling) {
  calling.set(undefined)
  following.set({ customer: c.customer, name: c.name, way: wayOf(c.channel), task: c.task })
}

/** useBack notes the follow-up when the person comes back from the dialler. */
function useBack(c: Calling) {
  const away = useRef(0)
  useEffect(() => {
    const turned = () => {
      if (document.hidden) away.current = Date.now()
      else if (away.current > 0 && Date.now() - away.current > 2000) note(c)
    }
    document.addEventListener('visibilitychange', turned)
    return () => document.removeEventListener('visibilitychange', turned)
  }, [c])
}

function Body({ c }: { c: Calling }) {
  const demo = useMe().demo
  const seconds = Math.max(0, Math.ceil((c.until - useNow(1000)) / 1000))
  const link = links[c.channel]
  const dial = link !== undefined && !demo && (c.channel !== 'call' || canDial())
  useBack(c)
  return (
    <div className="call">
      {seconds > 0 ? <div className="call-number">{sayPhone(c.value)}</div> : <div className="call-number t3">{t('web.contact.hidden')}</div>}
      {seconds > 0 && <div className="row gap16 f13 t3"><span role="timer">{t('web.mask.left', { time: left(seconds) })}</span>{c.channel === 'wechat' && <Copy text={c.value} />}</div>}
      <WordOf customer={c.customer} />
      <p className="f13 t2">{demo ? t('web.contact.demo') : t('web.contact.note')}</p>
      <div className="row wrap">
        {dial && seconds > 0 && <Button href={`${link}${c.value}`} size="large">{t(`web.contact.${c.channel}`)}</Button>}
        <Button type="primary" size="large" onClick={() => note(c)}>{t('web.contact.done')}</Button>
      </div>
    </div>
  )
}
