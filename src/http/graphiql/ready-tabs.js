// The tabs that a new window opens with: one order, from signing in to watching it arrive. Their lines are
// short enough for half a small window.

// Idempotency keys are made when the page loads. randomUUID would do it in one call,
// but browsers offer it only on HTTPS and localhost.
const random = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
const key = (purpose) => `${purpose}-${random}`;
const KEY = /\b(charge|order)-[0-9a-f]{16}\b/g;

// Tabs survive a reload; the keys in them must not, or the next order would be the last one again.
export function renewKeys(storage) {
  for (const name of ["graphiql:tabState", "graphiql:variables"]) {
    const stored = storage.getItem(name);
    if (stored) storage.setItem(name, stored.replace(KEY, (_, purpose) => key(purpose)));
  }
}

export const readyTabs = () => [
  tab(`
# 1. Sign in. From then on this
# window sends the access token
# with every operation, so there
# is nothing to copy. To be someone
# else in one tab, type into its
# headers editor:
# {"Authorization": "Bearer ..."}

mutation SignIn {
  signIn(
    input: {
      userId: "mina"
      password: "jangteo-demo"
    }
  ) {
    session {
      accessToken
      member {
        nickname
      }
    }
    userErrors {
      code
      message
      path
    }
  }
}`),

  tab(`
# 2. Browse, signed in or not.
# What you buy is an option: its
# id goes into the cart.

query Browse {
  products(first: 10) {
    nodes {
      id
      name
      price
      imageUrl
      options {
        id
        name
        price
        stockQuantity
      }
      store {
        name
      }
    }
  }
  popularProducts {
    rank
    quantitySold
    product {
      name
    }
  }
}`),

  tab(`
# 3. Charge points: one point is
# one won. The same key never
# charges twice; for another charge
# change it below, or reload the
# page.

mutation Charge($key: String!) {
  chargePoints(
    input: {
      amount: 50000
      idempotencyKey: $key
    }
  ) {
    userPoint {
      balance
    }
    userErrors {
      code
      message
      path
    }
  }
}`, { key: key("charge") }),

  tab(`
# 4. Put something into the cart:
# a keyboard of the demo shop, or
# whatever option you saw in Browse.
# Its id stands in the variables.

mutation AddToCart($optionId: ID!) {
  addToCart(
    input: {
      optionId: $optionId
      quantity: 1
    }
  ) {
    cart {
      items {
        option {
          name
          product {
            name
          }
        }
        quantity
        lineTotal
      }
      total
    }
    userErrors {
      code
      message
      path
    }
  }
}`, { optionId: "option_01m6g6r500exntfad3h321a6fw" }),

  tab(`
# 5. Order the whole cart and pay
# with points. The same key returns
# the same order; for a second order
# change it below, or reload the
# page.

mutation Order($key: String!) {
  placeOrder(
    input: {idempotencyKey: $key}
  ) {
    order {
      orderKey
      status
      itemsTotal
      items {
        productName
        optionName
        quantity
      }
    }
    userErrors {
      code
      message
      path
      ... on InsufficientStock {
        shortages {
          requested
          available
        }
      }
      ... on InsufficientPoints {
        required
        balance
      }
    }
  }
}`, { key: key("order") }),

  tab(`
# 6. Watch your orders, live. Run
# this, then order from a second
# window: open /graphiql there and
# sign in. The newest event shows
# on the right. Changing to another
# tab of this window ends the watch.

subscription Watch {
  myOrderEvents {
    sequence
    status
    at
    order {
      orderKey
    }
  }
}`),
];

function tab(query, variables) {
  return { query: `${query.trim()}\n`, variables: variables && JSON.stringify(variables, null, 2) };
}
