import { LoadingOutlined } from '@ant-design/icons'
import type { ComponentProps, ReactNode } from 'react'
import { doubled } from '../api/doubled'

interface Own {
  type?: 'primary' | 'default' | 'text' | 'link'; size?: 'small' | 'middle' | 'large'
  icon?: ReactNode; loading?: boolean; block?: boolean; danger?: boolean; htmlType?: 'button' | 'submit'; href?: string
}
type Props = Own & Omit<ComponentProps<'button'>, 'type' | 'size'>

/** Button is a thing to press. While it is at work it says so and takes no second press; of a double click it takes the first, however late the page draws. */
export function Button({ type = 'default', size = 'middle', icon, loading, block, danger, htmlType = 'button', href, className, children, disabled, onClick, ...rest }: Props) {
  const name = ['btn', type, size, block && 'block', danger && 'danger', !children && icon && 'only', className].filter(Boolean).join(' ')
  const pressed: Props['onClick'] = e => { if (loading || loading !== undefined && doubled(e)) e.preventDefault(); else onClick?.(e) }
  const inside = <>{loading ? <LoadingOutlined spin aria-hidden /> : icon}{children}</>
  if (href) return <a className={name} href={href}>{inside}</a>
  return <button {...rest} type={htmlType} className={name} disabled={disabled} aria-busy={loading || undefined} onClick={pressed}>{inside}</button>
}
