import { CheckCircleFilled, PrinterOutlined } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { Button } from '../parts/Button'
import { useState } from 'react'
import * as calls from '../api/calls'
import { useMe } from '../api/person'
import { afterMe } from '../api/queries'
import type { TOTPStart } from '../api/types'
import { problemOf } from '../api/problem'
import { Copy } from '../parts/Copy'
import { saidOf } from '../parts/Fault'
import { Head } from '../parts/Section'
import { said } from '../parts/toast'
import { Line } from '../parts/Typing'
import { t } from '../words'

/** SecurityPlace is the second factor, the own number and address, and the password. */
export function SecurityPlace() {
  return <><Factor /><Own /><Password /></>
}

/** Own takes the person's own number and e-mail address: they never count as a customer's. Only hashes are kept, so neither is ever shown again. */
function Own() {
  const noted = useMe().own
  const [own, setOwn] = useState({ phone: '', email: '' })
  const typed = own.phone.trim() || own.email.trim()
  const save = useMutation({
    mutationFn: () => calls.changeOwn({ phone: own.phone.trim() || undefined, email: own.email.trim() || undefined }),
    onSuccess: () => { said(t('web.own.saved')); setOwn({ phone: '', email: '' }); afterMe() },
  })
  const faults = save.isError ? problemOf(save.error).fields() : {}
  const wrong = (k: string) => faults[`own_${k}`]
  return (
    <section>
      <Head title={t('web.own.title')} />
      <form className="form pad narrow-text" onSubmit={e => { e.preventDefault(); if (typed) save.mutate() }}>
        <p id="own-note" className="f13 t2">{t('web.own.note')}</p>
        {(['phone', 'email'] as const).map(k => (
          <div className="field" key={k}>
            <label className="label" htmlFor={`own-${k}`}>{t(`web.own.${k}`)}</label>
            <Line id={`own-${k}`} type={k === 'phone' ? 'tel' : 'email'} inputMode={k === 'phone' ? 'tel' : 'email'} autoComplete={k === 'phone' ? 'tel' : 'email'} maxLength={k === 'phone' ? 20 : 254}
              value={own[k]} onChange={e => setOwn({ ...own, [k]: e.target.value })} aria-invalid={wrong(k) ? true : undefined} aria-describedby={`own-${k}-is own-note`} style={{ maxWidth: 300 }} />
            {wrong(k) && <p className="form-err" role="alert">{wrong(k)}</p>}
            <p id={`own-${k}-is`} className={noted.includes(k) ? 'f13 okc b5' : 'f13 t3'}>{noted.includes(k) && <CheckCircleFilled aria-hidden />} {t(noted.includes(k) ? 'web.own.on' : 'web.own.off')}</p>
          </div>
        ))}
        {save.isError && !wrong('phone') && !wrong('email') && <p className="form-err" role="alert">{saidOf(save.error)}</p>}
        <div><Button htmlType="submit" loading={save.isPending} disabled={!typed}>{t('web.own.save')}</Button></div>
      </form>
    </section>
  )
}

/** Factor sets up the six digits: scan, confirm, print the codes. */
function Factor() {
  const on = useMe().totp
  const start = useMutation({ mutationFn: () => calls.startTOTP() })
  const [codes, setCodes] = useState<string[]>()
  return (
    <section>
      <Head title={t('web.totp.title')} />
      <div className="pad col gap12 narrow-text">
        {codes ? <Codes codes={codes} done={() => { setCodes(undefined); start.reset() }} /> : start.data ? <Confirm start={start.data} done={setCodes} /> : (
          <>
            <p className={on ? 'okc b5' : 't2'}>{on && <CheckCircleFilled aria-hidden />} {t(on ? 'web.totp.on' : 'web.totp.off')}</p>
            <p className="f13 t2">{t('web.totp.why')}</p>
            {start.isError && <p className="form-err" role="alert">{saidOf(start.error)}</p>}
            <div><Button type={on ? 'default' : 'primary'} loading={start.isPending} onClick={() => start.mutate()}>{t(on ? 'web.totp.again' : 'web.totp.start')}</Button></div>
          </>
        )}
      </div>
    </section>
  )
}

function Confirm({ start, done }: { start: TOTPStart; done: (codes: string[]) => void }) {
  const [code, setCode] = useState('')
  const confirm = useMutation({ mutationFn: () => calls.confirmTOTP(code.replace(/\s/g, '')), onSuccess: r => { afterMe(); done(r.codes) } })
  return (
    <form className="form" onSubmit={e => { e.preventDefault(); confirm.mutate() }}>
      <p>{t('web.totp.scan')}</p>
      <img className="qr" src={start.qr} alt={t('web.totp.qr')} width={184} height={184} />
      <p className="f13 t2">{t('web.totp.by_hand')} <span className="mono">{start.secret.replace(/(.{4})/g, '$1 ').trim()}</span> <Copy text={start.secret} /></p>
      <div className="field"><label className="label" htmlFor="totp-code">{t('web.totp.code')}</label><Line id="totp-code" autoFocus inputMode="numeric" autoComplete="one-time-code" maxLength={8} value={code} onChange={e => setCode(e.target.value)} style={{ maxWidth: 200 }} /></div>
      {confirm.isError && <p className="form-err" role="alert">{saidOf(confirm.error)}</p>}
      <div><Button type="primary" htmlType="submit" loading={confirm.isPending} disabled={code.replace(/\s/g, '').length < 6}>{t('web.totp.confirm')}</Button></div>
    </form>
  )
}

/** Codes are shown once, to be printed or written down. */
function Codes({ codes, done }: { codes: string[]; done: () => void }) {
  return (
    <div className="col gap12" role="status">
      <p className="b5">{t('web.totp.codes')}</p>
      <ol className="codes printable">{codes.map(c => <li key={c} className="mono">{c}</li>)}</ol>
      <div className="row wrap"><Button icon={<PrinterOutlined />} onClick={() => print()}>{t('web.act.print')}</Button><Copy text={codes.join('\n')} /><Button type="primary" onClick={done}>{t('web.totp.kept')}</Button></div>
    </div>
  )
}

function Password() {
  const [old, setOld] = useState('')
  const [fresh, setFresh] = useState('')
  const [again, setAgain] = useState('')
  const save = useMutation({ mutationFn: () => calls.changePassword(old, fresh), onSuccess: () => { said(t('web.password.saved')); setOld(''); setFresh(''); setAgain('') } })
  const errors = save.isError ? problemOf(save.error).fields() : {}
  const differ = again !== '' && again !== fresh
  const field = (id: string, label: string, value: string, set: (v: string) => void, auto: string, error?: string) => (
    <div className="field"><label className="label" htmlFor={id}>{label}</label><Line id={id} type="password" autoComplete={auto} maxLength={128} style={{ maxWidth: 300 }} value={value} onChange={e => set(e.target.value)} aria-invalid={!!error} aria-describedby={error ? `${id}-err` : undefined} />{error && <span id={`${id}-err`} className="err" role="alert">{error}</span>}</div>
  )
  return (
    <section>
      <Head title={t('web.password.title')} />
      <form className="form pad narrow-text" onSubmit={e => { e.preventDefault(); if (!differ) save.mutate() }}>
        {field('pw-old', t('web.password.old'), old, setOld, 'current-password', errors.old)}
        {field('pw-new', t('web.password.new'), fresh, setFresh, 'new-password', errors.new)}
        {field('pw-again', t('web.password.again'), again, setAgain, 'new-password', differ ? t('web.password.differ') : undefined)}
        {save.isError && Object.keys(errors).length === 0 && <p className="form-err" role="alert">{saidOf(save.error)}</p>}
        <p className="f12 t3">{t('web.password.note')}</p>
        <div><Button htmlType="submit" loading={save.isPending} disabled={!old || fresh.length < 10 || fresh !== again}>{t('web.password.save')}</Button></div>
      </form>
    </section>
  )
}
