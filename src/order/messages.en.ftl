order-bad-idempotency-key = An idempotency key has 1 to { $max } characters and no control characters.
order-key-reused = This idempotency key was used for another request: make a new key.
order-not-found = You have no such order.
order-item-not-found = The order has no such item.

# Looking at orders.
order-malformed-key = This is not an order key: compare it with the original.
order-id-or-key = Give exactly one of `id` and `orderKey`.
order-year-out-of-range = Times are of the years 1 to 9999.
order-store-not-found = There is no such store.

# Placing them.
order-lines-or-cart-items = Give either `lines` or `cartItemIds`, or neither for the whole cart.
order-empty = There is nothing to order.
order-cart-empty = Your cart is empty.
order-too-many-lines = An order has at most { $max } lines.
order-quantity-out-of-range = The quantity of an option is 1 to { $max } pieces in one order.
order-product-unavailable = { $name } is no longer for sale: leave it out.
order-store-closed = { $others ->
    [0] The store of { $name } is closed at the moment: leave it out, or come again.
   *[other] The stores of { $name } and { $others } more are closed at the moment: leave them out, or come again.
 }
order-total-too-large = The total is beyond what can be counted: order less at once.
order-price-changed = The order costs { $actual } won, not { $expected } won: look at it and order again.
order-points-mismatch = The order costs { $total } won: with provider POINT all of it is paid in points, with any other at most that, not { $points }.
order-insufficient-stock = There are fewer pieces than ordered: order what is left.
order-insufficient-points = The order takes { $required } points and the balance is { $balance }: charge points first.
order-payment-pending = Another order of yours waits for its payment: finish it, or give it up.
order-payment-being-settled = The payment of your order before is just being settled: try again in a moment.
order-payment-unavailable = This way of paying is not available at the moment: choose another, or come again. If you try again, make a new idempotency key.

# Canceling them.
order-too-many-items = An order has at most { $max } items.
order-no-items-named = Name the items to cancel, or leave the list out to cancel the order.
order-bad-reason = A reason has at most { $max } characters and no control characters.
order-item-unpaid = { $name } is not paid yet: give up its payment with `abandonPayment`.
order-item-accepted = { $name } was accepted by the store and is being prepared: ask the store.
order-item-ready = { $name } is ready to be handed over: ask the store.
order-item-completed = { $name } was handed over already: ask the store.
order-item-not-cancelable = { $name } cannot be canceled.

# Their stores: accepting, refusing, making ready, completing.
order-no-items-to-refuse = Name the items to refuse, or leave the list out to refuse all of yours.
order-reason-missing = Say why, for the member to read.
order-not-accepted-yet = The order waits for you to accept it: accept or refuse it first.
order-accepted-already = The order is accepted and not ready yet: mark it ready when it is, or refuse it.
order-ready-already = The order is ready to be handed over: complete it when it was.
order-completed-already = The order was handed over already: nothing more happens to it.
order-canceled-already = The order is canceled: do not prepare it.
