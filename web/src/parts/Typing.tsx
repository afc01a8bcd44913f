import type { ComponentProps, ReactNode } from 'react'

/** A sheet's field that takes the focus is told to the sheet: before it opens nothing in it can have the focus. */
const focused = (auto?: boolean) => ({ autoFocus: auto, 'data-autofocus': auto || undefined })

/** Line is a one-line input; prefix stands inside it, before the text. */
export function Line({ className, prefix, autoFocus, ...rest }: Omit<ComponentProps<'input'>, 'prefix'> & { prefix?: ReactNode }) {
  const input = <input {...rest} {...focused(autoFocus)} className={className ? `kx-input ${className}` : 'kx-input'} />
  return prefix ? <span className="kx-prefixed"><span aria-hidden>{prefix}</span>{input}</span> : input
}

/** Area is a text of several lines that grows with what is typed. */
export const Area = ({ className, rows = 2, autoFocus, ...rest }: ComponentProps<'textarea'>) => <textarea {...rest} {...focused(autoFocus)} rows={rows} className={className ? `kx-area ${className}` : 'kx-area'} />
