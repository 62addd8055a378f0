import type { SignatureExplanation } from '@bellwire/client';
import { Link } from 'wouter';
import { Button } from '../../design/button.tsx';
import { Facts } from '../../design/facts.tsx';
import { Notice } from '../../design/notice.tsx';
import { visibleText } from '../../design/visible-text.ts';
import { SignedBytes } from './signed-bytes.tsx';

interface FindingProps {
  readonly explanation: SignatureExplanation;
  readonly nameOf: (hook_id: string) => string;
  /** Checks again as if the request had arrived when it was signed. */
  readonly onIgnoreAge: () => void;
}

const Verdict = ({ explanation, nameOf, onIgnoreAge }: FindingProps) => {
  const { verified, finding, what, why, next } = explanation;
  const tone = verified ? 'ok' : finding.is_proved ? 'bad' : 'warn';
  return (
    <Notice tone={tone} title={visibleText(what)} live>
      <p>{visibleText(why)}</p>
      {finding.hook_id === null ? null : (
        <p>
          That webhook is <Link href={`/webhooks/${finding.hook_id}`}>{nameOf(finding.hook_id)}</Link>.
        </p>
      )}
      <p className="debug-next">{next}</p>
      {verified ? null : (
        <p className="debug-proof">
          {finding.is_proved
            ? 'Checked: apart from this, the signature matches.'
            : 'The likeliest reason; it cannot be proved.'}
        </p>
      )}
      {finding.code === 'timestamp_outside_tolerance' ? (
        <Button onClick={onIgnoreAge}>Check as if it had just arrived</Button>
      ) : null}
    </Notice>
  );
};

const Difference = ({
  difference,
}: {
  readonly difference: NonNullable<SignatureExplanation['difference']>;
}) => {
  const { at_byte, before, arrived, signed, after } = difference;
  const row = (name: string, part: string, className: string) => (
    <div className="debug-diff-row">
      <span className="quiet">{name}</span>
      <span>
        {visibleText(before)}
        <mark className={className}>{part === '' ? '∅' : visibleText(part)}</mark>
        {visibleText(after)}
      </span>
    </div>
  );
  return (
    <section aria-label="Difference">
      <div className="code-head">
        <h3>The first difference, at byte {at_byte.toLocaleString('en')} of the body</h3>
      </div>
      <div className="code debug-diff">
        {row('Arrived', arrived, 'debug-mark')}
        {row('Signed', signed, 'debug-mark-ok')}
      </div>
    </section>
  );
};

const Mono = ({ text }: { readonly text: string | null }) =>
  text === null ? <span className="quiet">–</span> : <span className="mono">{visibleText(text)}</span>;

const ageText = (seconds: number): string =>
  seconds === 0
    ? 'Less than a second before the arrival'
    : seconds > 0
      ? `${seconds.toLocaleString('en')} s before the arrival`
      : `${(-seconds).toLocaleString('en')} s after the arrival`;

/** Why the signature is valid or not, first in words, then byte by byte. */
export const Finding = (props: FindingProps) => {
  const { explanation } = props;
  const { received, expected, headers, scheme, dialect, signed, difference, age_seconds } = explanation;
  return (
    <div className="stack-wide">
      <Verdict {...props} />
      {difference === null ? null : <Difference difference={difference} />}
      <section className="debug-facts" aria-label="Signatures">
        <h3>Signature</h3>
        <Facts
          facts={[
            ['Received', <Mono key="received" text={received} />],
            ['Expected', <Mono key="expected" text={expected} />],
            ...(age_seconds === null ? [] : [['Signed', ageText(age_seconds)] as const]),
            ['Format', dialect ?? <span className="quiet">unknown</span>],
            ...(scheme === null ? [] : [['How', visibleText(scheme)] as const]),
          ]}
        />
      </section>
      {headers.length === 0 ? null : (
        <section className="debug-facts" aria-label="Headers that count">
          <h3>Headers that count</h3>
          <Facts
            facts={headers.map(({ name, value }) => [
              visibleText(name),
              value === null ? <span className="debug-missing">missing</span> : <Mono text={value} />,
            ])}
          />
        </section>
      )}
      {signed === null ? null : <SignedBytes signed={signed} at_byte={difference?.at_byte ?? null} />}
    </div>
  );
};
