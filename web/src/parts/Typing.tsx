import type { ComponentProps, ReactNode } from 'react'

/** Line is a one-line input; prefix stands inside it, before the text. */
export function Line({ className, prefix, ...rest }: Omit<ComponentProps<'input'>, 'prefix'> & { prefix?: ReactNode }) {
  const input = <input {...rest} className={className ? `kx-input ${className}` : 'kx-input'} />
  return prefix ? <span className="kx-prefixed"><span aria-hidden>{prefix}</span>{input}</span> : input
}

/** Area is a text of several lines that grows with what is typed. */
export const Area = ({ className, rows = 2, ...rest }: ComponentProps<'textarea'>) => <textarea {...rest} rows={rows} className={className ? `kx-area ${className}` : 'kx-area'} />
