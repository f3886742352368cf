/** One page of any connection. */
export interface ConnectionPage<Node> {
  readonly edges: readonly { readonly node: Node }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor?: string | null };
}

/** Reads pages until there is no next one, as an application would; all nodes in the order they came. */
export async function walk<Node>(
  pageAfter: (cursor: string | null) => Promise<ConnectionPage<Node> | null | undefined>,
): Promise<Node[]> {
  const nodes: Node[] = [];
  let cursor: string | null = null;
  for (;;) {
    const page = await pageAfter(cursor);
    if (!page) throw new Error('a page is missing');
    nodes.push(...page.edges.map(({ node }) => node));
    if (!page.pageInfo.hasNextPage) return nodes;
    if (page.pageInfo.endCursor === cursor) throw new Error('the walk stands still');
    cursor = page.pageInfo.endCursor ?? null;
  }
}
