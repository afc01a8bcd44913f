import { useMutation } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { isMall, useMe } from '../api/person'
import { isProblem, problemOf } from '../api/problem'
import { queries } from '../api/queries'
import * as calls from '../api/calls'
import type { Card } from '../api/types'
import { Button } from '../parts/Button'
import { ChooseMany } from '../parts/Choose'
import { saidOf } from '../parts/Fault'
import { Sending } from '../parts/Sending'
import { Area, Line } from '../parts/Typing'
import { said } from '../parts/toast'
import { t } from '../words'
import { useNeeds } from './NeedWord'

const FIELDS = ['shown', 'phone', 'address', 'about'] as const
const MOST = { shown: 40, phone: 20, address: 100, about: 80 }
const PHOTO_MOST = 8 << 20 // bytes

/** CardForm edits the merchant's card; its legal name and credit code are not typed here. Who was verified waits for it again under another name. */
export function CardForm({ card, verified, done }: { card: Card; verified?: boolean; done: () => void }) {
  const needs = useNeeds(), office = isMall(useMe()) // which may sell nothing
  const [text, setText] = useState({ shown: card.shown, phone: card.phone, address: card.address, about: card.about })
  const [chosen, setChosen] = useState<string[]>(card.needs)
  const [photo, setPhoto] = useState<File>()
  const [without, setWithout] = useState(false)
  const [sent, setSent] = useState(-1) // of the photo, in bytes; -1 = it is not on its way
  const stop = useRef<AbortController>(null)
  const save = useMutation({
    mutationFn: async () => {
      const saved = await calls.saveCard({ ...text, needs: chosen })
      if (!photo) return without ? calls.dropPhoto() : saved
      stop.current = new AbortController()
      setSent(0)
      return calls.savePhoto(photo, setSent, stop.current.signal)
    },
    onSettled: () => setSent(-1),
    onSuccess: () => { for (const queryKey of [['card'], ['alliance'], ['photo'], ['notice']]) void queries.invalidateQueries({ queryKey }); said(t('web.share.card_saved')); done() },
  })
  const large = photo !== undefined && photo.size > PHOTO_MOST
  const missing = chosen.length === 0 && !office || ['shown', 'phone', 'address'].some(k => !text[k as 'shown'].trim())
  const stopped = isProblem(save.error) && save.error.code === 'cancelled'
  const faults = save.isError ? problemOf(save.error).fields() : {}
  const typed = (name: (typeof FIELDS)[number]) => ({
    value: text[name], maxLength: MOST[name], 'aria-invalid': faults[name] ? true : undefined,
    onChange: (e: React.ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) => setText(old => ({ ...old, [name]: e.target.value })),
  })
  return (
    <form className="share-form form" onSubmit={e => { e.preventDefault(); save.mutate() }}>
      <p className="t2 f13">{t('web.share.card_text')}</p>
      {FIELDS.map(name => (
        <label key={name} className="field"><span className="label">{t(`web.share.card_${name}`)}</span>
          {name === 'about' ? <Area {...typed(name)} /> : <Line {...typed(name)} autoComplete="off" />}
          {faults[name] && <span className="err">{faults[name]}</span>}
          {name === 'shown' && verified && text.shown.trim() !== card.shown && <span className="f13 t2" role="status">{t('web.share.card_renamed')}</span>}
        </label>
      ))}
      <ChooseMany legend={t('web.share.card_needs')} options={needs.map(n => ({ value: n.code, label: n.label }))} value={chosen} onChange={setChosen} />
      {faults.needs && <span className="err">{faults.needs}</span>}
      <div className="field"><span className="label">{t('web.share.card_photo')}<span className="opt">{t('web.form.optional')}</span></span><span className="row wrap"><label className="btn default middle pick-file">{t(photo || card.photo && !without ? 'web.share.photo_other' : 'web.share.photo_pick')}<input type="file" accept="image/jpeg,image/png" onChange={e => setPhoto(e.target.files?.[0])} /></label>{card.photo && !photo && <Button onClick={() => setWithout(x => !x)}>{t(without ? 'web.share.photo_keep' : 'web.share.photo_drop')}</Button>}{photo ? <span className="f13 t2 el">{photo.name}</span> : without && <span className="f13 t2" role="status">{t('web.share.photo_gone')}</span>}</span>{large && <span className="err" role="alert">{t('web.share.photo_large')}</span>}</div>
      {photo && sent >= 0 && <Sending file={photo} sent={sent} after={t('web.share.photo_sent')} stop={() => stop.current?.abort()} />}
      {save.isError && <p className="form-err" role="alert">{stopped ? t('web.share.photo_stopped') : saidOf(save.error)}</p>}
      {missing && <p className="f12 t3">{t(office ? 'web.share.card_missing_office' : 'web.share.card_missing')}</p>}
      <div className="form-foot"><Button type="primary" htmlType="submit" loading={save.isPending} disabled={missing || large}>{t('web.act.save')}</Button>{card.edited !== 0 && <Button onClick={done}>{t('web.act.cancel')}</Button>}</div>
    </form>
  )
}
