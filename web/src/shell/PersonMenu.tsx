import { LogoutOutlined, QuestionCircleOutlined, SafetyOutlined } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import * as calls from '../api/calls'
import { lang, type Lang } from '../api/client'
import { useMe } from '../api/person'
import { queries } from '../api/queries'
import { forget } from '../cell/reveals'
import { ChooseOne } from '../parts/Choose'
import { Pop } from '../parts/Pop'
import { Avatar } from '../parts/Section'
import { failed } from '../parts/toast'
import { THEMES, paint, wanted, type Theme } from '../style/theme'
import { open, t } from '../words'
import { positionWord } from '../words/position'
import { comma } from '../words/join'
import { help } from './Help'

/** speak changes the language of the page and of the person's account. */
async function speak(to: Lang) {
  await open(to)
  void queries.invalidateQueries()
  calls.changeMe(to).catch(failed)
}

/** useLeave signs out. */
export const useLeave = () => useMutation({
  mutationFn: calls.logout, onError: failed,
  onSuccess: () => { forget(); queries.clear(); location.assign('/login') },
})

/** Preferences are language and theme. */
export function Preferences() {
  const language = lang.use()
  const theme = wanted.use()
  return (
    <>
      <ChooseOne<Lang> legend={t('web.person.lang')} value={language} onChange={v => v && void speak(v)} options={[{ value: 'zh-CN', label: <span lang="zh-CN">中文</span> }, { value: 'en', label: <span lang="en">English</span> }]} />
      <ChooseOne<Theme> legend={t('web.person.theme')} value={theme} onChange={v => { if (v) { wanted.set(v); paint() } }} options={THEMES.map(value => ({ value, label: t(`web.theme.${value}`) }))} />
    </>
  )
}

/** PersonMenu is who is signed in, with what is hers: language, theme, security, sign out. */
export function PersonMenu({ folded }: { folded?: boolean }) {
  const me = useMe()
  const leave = useLeave()
  const role = [positionWord(me.position, me.org.size), me.dept].filter(Boolean).join(comma())
  return (
    <Pop label={t('web.person.menu')} place="topLeft" button={o => (
      <button type="button" className="person" {...o}>
        <Avatar name={me.name} size={32} />{!folded && <span className="person-name"><span className="el">{me.name}</span><small className="el">{role}</small></span>}<span className="sr">{t('web.person.menu')}</span>
      </button>
    )}>
      {close => (
        <div className="menu person-menu">
          <div className="b6">{me.name}<span className="t3 f12"> {role}</span></div>
          <Preferences />
          <div className="sep" />
          <Link to="/shop/$section" params={{ section: 'security' }} onClick={close}><SafetyOutlined aria-hidden />{t('web.shop.security')}</Link>
          <button type="button" onClick={() => { close(); help.set(true) }}><QuestionCircleOutlined aria-hidden />{t('web.help.title')}</button>
          <button type="button" disabled={leave.isPending} onClick={() => leave.mutate()}><LogoutOutlined aria-hidden />{t('web.person.leave')}</button>
          <p className="f12 t3">{t('web.person.version', { version: me.version })}</p>
        </div>
      )}
    </Pop>
  )
}
