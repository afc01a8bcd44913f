import { Button } from '../parts/Button'
import { useState } from 'react'
import * as calls from '../api/calls'
import { useMe } from '../api/person'
import type { OrgChange, Size } from '../api/types'
import { queries } from '../api/queries'
import { Picks } from '../parts/Choose'
import { Facts, Head } from '../parts/Section'
import { said } from '../parts/toast'
import { Line } from '../parts/Typing'
import { named, t } from '../words'
import { sayZone } from '../words/time'
import { useAct } from './ask'

/** SettingsPlace is the merchant: how large, who sees whose customers, how to reach it. */
export function SettingsPlace() {
  const { org } = useMe()
  const change = useAct('org', (c: OrgChange) => calls.changeOrg(c), () => { said(t('web.form.saved')); void queries.invalidateQueries() })
  return (
    <>
      <section><Head title={t('web.settings.card')} /><Facts wide items={[['name', t('web.settings.name'), org.name], ['uscc', t('web.settings.uscc'), <span key="u" className="mono">{org.uscc}</span>], ['zone', t('web.settings.zone'), <span key="z" title={org.zone}>{sayZone(org.zone)}</span>]]} /></section>
      <section>
        <Head title={t('web.settings.size')} />
        <div className="pad col gap12 narrow-text">
          <Picks<Size> legend={t('web.settings.size')} hideLegend chosen={org.size} disabled={change.isPending} onPick={v => { if (v !== org.size) change.mutate({ size: v }) }} options={(['shop', 'company', 'mall'] as const).map(value => ({ value, label: named('size', value) }))} />
          <p className="f13 t2">{t('web.settings.size_note')}</p>
        </div>
      </section>
      <section>
        <Head title={t('web.settings.mutual')} />
        <div className="pad col gap12 narrow-text">
          <Picks<'yes' | 'no'> legend={t('web.settings.mutual')} hideLegend chosen={org.mutual ? 'yes' : 'no'} disabled={change.isPending} onPick={v => change.mutate({ mutual: v === 'yes' })} options={[{ value: 'no', label: t('web.settings.mutual_no') }, { value: 'yes', label: t('web.settings.mutual_yes') }]} />
          <p className="f13 t2">{t('web.settings.mutual_note')}</p>
        </div>
      </section>
      <Reach busy={change.isPending} save={change.mutate} />
    </>
  )
}

function Reach({ busy, save }: { busy: boolean; save: (c: OrgChange) => void }) {
  const { org } = useMe()
  const [contact, setContact] = useState(org.contact)
  const [address, setAddress] = useState(org.address)
  const [pio, setPio] = useState(org.pio)
  const send = () => {
    const c: OrgChange = {}
    if (contact !== org.contact) c.contact = contact.trim()
    if (address !== org.address) c.address = address.trim()
    if (pio !== org.pio) c.pio = pio.trim()
    if (Object.keys(c).length > 0) save(c)
  }
  const field = (id: string, label: string, value: string, set: (v: string) => void, note: string) => <div className="field"><label className="label" htmlFor={id}>{label}</label><Line id={id} maxLength={200} value={value} onChange={e => set(e.target.value)} aria-describedby={`${id}-note`} /><span id={`${id}-note`} className="note">{note}</span></div>
  return (
    <section>
      <Head title={t('web.settings.reach')} />
      <form className="form pad narrow-text" onSubmit={e => { e.preventDefault(); send() }}>
        {field('org-contact', t('web.settings.contact'), contact, setContact, t('web.settings.contact_note'))}
        {field('org-address', t('web.settings.address'), address, setAddress, t('web.settings.address_note'))}
        {field('org-pio', t('web.settings.pio'), pio, setPio, t('web.settings.pio_note'))}
        <div><Button htmlType="submit" loading={busy}>{t('web.act.save')}</Button></div>
      </form>
    </section>
  )
}
