import { type ReactNode, useEffect } from 'react';
import { visibleText } from '../design/visible-text.ts';
import { useArea } from './area.ts';
import './page.css';

interface PageProps {
  readonly title: string;
  /** Filters and search, beside the title. */
  readonly tools?: ReactNode;
  /** The main actions, at the end of the line. */
  readonly actions?: ReactNode;
  /** Whether the children fill the page and scroll by themselves, as lists do. */
  readonly fills?: boolean;
  readonly children: ReactNode;
}

/** A page with its title, which is also the title of the tab. */
export const Page = ({ title: text, tools, actions, fills = false, children }: PageProps) => {
  const { brand } = useArea();
  const title = visibleText(text);
  useEffect(() => {
    document.title = `${title} · ${brand}`;
  }, [title, brand]);
  return (
    <>
      <header className="page-head">
        <h1 className="cut">{title}</h1>
        {tools}
        {actions === undefined ? null : <div className="page-head-end">{actions}</div>}
      </header>
      {fills ? children : <div className="page-body">{children}</div>}
    </>
  );
};
