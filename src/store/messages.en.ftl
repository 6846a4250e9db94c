store-not-found = There is no store of yours with this id.
store-bad-name = A store's name has 1 to { $max } characters, any letters, no control characters.
store-bad-accept-minutes = Give yourself { $min } to { $max } minutes to accept an order.
