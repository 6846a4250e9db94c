// A visitor looks through the catalog page by page, looks at a product anew, and puts it into the cart. With React the
// hooks usePaginationFragment, useRefetchableFragment and useMutation do what the functions here do by relay-runtime.

import {
  commitMutation,
  createOperationDescriptor,
  type Environment,
  fetchQuery,
  getFragment,
  getRequest,
  getSingularSelector,
  graphql,
  type SelectorData,
} from "relay-runtime";
import { last } from "./environment.js";
import type { shopAddToCartMutation } from "./generated/shopAddToCartMutation.graphql";
import CatalogMoreQuery, { type shopCatalogMoreQuery } from "./generated/shopCatalogMoreQuery.graphql";
import type { shopCatalogQuery } from "./generated/shopCatalogQuery.graphql";
import type { shopCatalog_shop$data, shopCatalog_shop$key } from "./generated/shopCatalog_shop.graphql";
import ProductAgainQuery, { type shopProductAgainQuery } from "./generated/shopProductAgainQuery.graphql";
import type { shopProduct_product$data, shopProduct_product$key } from "./generated/shopProduct_product.graphql";

export { environment } from "./environment.js";

// What a product's card shows. The shop finds anything by its id, so that the card can be asked for anew by itself:
// @refetchable makes the query for it, with `node(id:)`.
const Product = graphql`
  fragment shopProduct_product on Product @refetchable(queryName: "shopProductAgainQuery") {
    id
    name
    price
    stockQuantity
    options {
      id
      name
    }
  }
`;

// A list, page by page. @connection keeps the pages together under this key; `sort` and `filter` tell lists apart
// and the paging arguments do not.
const Catalog = graphql`
  fragment shopCatalog_shop on Query
  @argumentDefinitions(
    sort: { type: "ProductSort" }
    filter: { type: "ProductFilter" }
    count: { type: "Int", defaultValue: 20 }
    cursor: { type: "String" }
  )
  @refetchable(queryName: "shopCatalogMoreQuery") {
    products(sort: $sort, filter: $filter, first: $count, after: $cursor) @connection(key: "shopCatalog_products") {
      totalCount
      edges {
        node {
          id
          ...shopProduct_product
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

const CatalogQuery = graphql`
  query shopCatalogQuery($sort: ProductSort, $filter: ProductFilter, $count: Int!) {
    ...shopCatalog_shop @arguments(sort: $sort, filter: $filter, count: $count)
  }
`;

const AddToCart = graphql`
  mutation shopAddToCartMutation($input: AddToCartInput!) {
    addToCart(input: $input) {
      cart {
        id
        totalQuantity
        items {
          id
          quantity
          option {
            id
            stockQuantity
          }
        }
      }
      userErrors {
        code
        message
      }
    }
  }
`;

/** What a fragment asked for, of what the store knows. */
function read<Data>(environment: Environment, fragment: Parameters<typeof getFragment>[0], key: unknown): Data {
  const selector = getSingularSelector(getFragment(fragment), key);
  if (!selector) throw new Error("the key is of another fragment");
  return environment.lookup(selector).data as SelectorData as Data;
}

/** A list in the catalog, as far as it was read. */
export class CatalogList {
  private constructor(
    private readonly environment: Environment,
    private readonly variables: shopCatalogQuery["variables"],
    private readonly key: shopCatalog_shop$key,
  ) {}

  /** Reads the first page of the list. */
  static async open(environment: Environment, variables: shopCatalogQuery["variables"]): Promise<CatalogList> {
    // What is shown is retained, lest the store forgets it.
    environment.retain(createOperationDescriptor(getRequest(CatalogQuery), variables));
    const answer = await last(fetchQuery<shopCatalogQuery>(environment, CatalogQuery, variables));
    return new CatalogList(environment, variables, answer);
  }

  private get list(): shopCatalog_shop$data["products"] {
    return read<shopCatalog_shop$data>(this.environment, Catalog, this.key).products;
  }

  get total(): number {
    return this.list.totalCount;
  }

  get hasNext(): boolean {
    return this.list.pageInfo.hasNextPage;
  }

  get products(): shopProduct_product$data[] {
    const cards = this.list.edges.map(({ node }) => node);
    return cards.map((card: shopProduct_product$key) => read<shopProduct_product$data>(this.environment, Product, card));
  }

  /** Reads one more page: the products after the last one that was read, whatever came and went meanwhile. */
  async more(): Promise<void> {
    const variables = { ...this.variables, cursor: this.list.pageInfo.endCursor };
    await last(fetchQuery<shopCatalogMoreQuery>(this.environment, CatalogMoreQuery, variables));
  }
}

/** Asks for a product anew. Whatever shows it, shows it as it is now. */
export async function again(environment: Environment, id: string): Promise<void> {
  await last(fetchQuery<shopProductAgainQuery>(environment, ProductAgainQuery, { id }));
}

/** Puts an option into the cart; gives what the shop answers. */
export function addToCart(environment: Environment, optionId: string) {
  return new Promise<NonNullable<shopAddToCartMutation["response"]["addToCart"]>>((resolve, reject) => {
    commitMutation<shopAddToCartMutation>(environment, {
      mutation: AddToCart,
      variables: { input: { optionId } },
      onError: reject,
      onCompleted({ addToCart }, errors) {
        // Top-level errors are what no form can mend, for instance that nobody is signed in.
        if (addToCart) resolve(addToCart);
        else reject(new Error(errors?.[0]?.message));
      },
    });
  });
}
