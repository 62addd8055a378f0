/** A component of a CycloneDX document, as far as it is read here. */
export interface Component {
  readonly name: string;
  readonly group?: string;
  readonly version: string;
  readonly 'bom-ref': string;
  readonly licenses?: readonly { readonly license?: { readonly id?: string; readonly name?: string } }[];
}

interface Dependency {
  readonly ref: string;
  readonly dependsOn: readonly string[];
}

/** A CycloneDX document. */
export interface Bill {
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly Dependency[];
}

const byRef = <T>(items: readonly T[], refOf: (item: T) => string): readonly T[] =>
  [...new Map(items.map((item) => [refOf(item), item])).values()].toSorted((a, b) =>
    refOf(a) < refOf(b) ? -1 : 1,
  );

/** The bill of a package that contains the built files of another one. */
export const withBundled = (bill: Bill, bundled: Bill): Bill => {
  const own = bill.metadata.component['bom-ref'];
  const added = bundled.dependencies.find(({ ref }) => ref === bundled.metadata.component['bom-ref']);
  const dependencies = [...bill.dependencies, ...bundled.dependencies].map((one) =>
    one.ref === own ? { ...one, dependsOn: [...one.dependsOn, ...(added?.dependsOn ?? [])] } : one,
  );
  return {
    ...bill,
    components: byRef([...bill.components, ...bundled.components], (one) => one['bom-ref']),
    dependencies: byRef(dependencies, ({ ref }) => ref),
  };
};

/** The SPDX ids of a component's licenses. */
export const licensesOf = ({ licenses = [] }: Component): readonly string[] =>
  licenses.map(({ license }) => license?.id ?? license?.name ?? 'unknown');

const nameOf = ({ group, name }: Component): string => (group === undefined ? name : `${group}/${name}`);

/** The components by license, as Markdown. */
export const licenseList = (bill: Bill): string => {
  const groups = Map.groupBy(bill.components, (one) => licensesOf(one).join(', ') || 'unknown');
  const sections = [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([license, all]) => {
      const lines = all.map((one) => `- ${nameOf(one)} ${one.version}`).toSorted();
      return `## ${license}\n\n${lines.join('\n')}\n`;
    });
  const { component } = bill.metadata;
  return `# Licenses of the dependencies of ${nameOf(component)} ${component.version}\n\n${sections.join('\n')}`;
};
