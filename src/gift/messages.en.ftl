gift-member-not-found = There is no member with this userId: ask them for theirs.
gift-to-yourself = This userId is yours: a gift is for somebody else.
gift-quantity-out-of-range = A gift is 1 to { $max } pieces.
gift-bad-message = A message has at most { $max } characters, and no control characters but line breaks.
gift-product-unavailable = { $name } is no longer for sale: choose something else.
gift-insufficient-stock = { $available ->
    [0] It is sold out: choose something else.
    [one] There is one piece left: give that.
   *[other] There are { $available } pieces left: give fewer.
}
gift-insufficient-points = The gift takes { $required } points and the balance is { $balance }: charge points first.
gift-payment-unavailable = This way of paying is not available at the moment: choose another, or come again. If you try again, make a new idempotency key.
gift-missed = You listen too slowly and missed gifts: look at `gifts`.
