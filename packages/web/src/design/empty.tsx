import type { ReactNode } from 'react';
import './empty.css';

/** A list without entries: why it is empty, and what to do next. */
export const Empty = ({ title, children }: { readonly title: string; readonly children?: ReactNode }) => (
  <div className="empty">
    <p className="strong">{title}</p>
    {children === undefined ? null : <div className="empty-next">{children}</div>}
  </div>
);
