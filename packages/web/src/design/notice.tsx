import type { ReactNode } from 'react';
import { visibleText } from './visible-text.ts';
import './notice.css';

interface NoticeProps {
  readonly tone: 'warn' | 'bad' | 'ok' | 'idle';
  readonly title: ReactNode;
  readonly children?: ReactNode;
  /** Announced by screen readers when it appears. */
  readonly live?: boolean;
}

/** What happened, why, and what to do next. */
export const Notice = ({ tone, title, children, live = false }: NoticeProps) => (
  <div className={`notice notice-${tone}`} role={live ? 'status' : undefined}>
    <p className="notice-title break">{typeof title === 'string' ? visibleText(title) : title}</p>
    {children === undefined ? null : <div className="break">{children}</div>}
  </div>
);
